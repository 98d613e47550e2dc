// A model cuts its text anywhere, also within a word. words() and lines() give it back in whole pieces, each as soon as it is there.
import './local.ts'
import { iModel, lines, words } from 'braid'

const model = new iModel('openai/gpt-4o-mini')

const longest = { word: '' }
for await (const word of words(model.invoke('Why is the sky blue?').text())) {
  if (word.trim().length > longest.word.length) longest.word = word.trim()
}
console.log('Longest word:', longest.word)

for await (const line of lines(model.invoke('List 3 key benefits of exercise').text())) {
  console.log(`[ ] ${line.replace(/^\d+\. /, '')}`)
}
