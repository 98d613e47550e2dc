// Text formatted on its way to the screen: each sentence on a line of its own, and the words counted.
import './local.ts'
import { iModel, sentences } from 'braid'

const stream = new iModel('gemini/gemini-2.5-flash').invoke('Give me three tips for healthy eyes')

let words = 0
for await (const sentence of sentences(stream.text())) {
  words += sentence.trim().split(/\s+/).length
  console.log(`- ${sentence.trim()}`)
}
console.log(`\nTotal words: ${words}`)
