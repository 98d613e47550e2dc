// Another provider where one fails. (Without keys, the first two are down.)
import './local.ts'
import { iModel } from 'braid'

// Asked in turn, where one fails before its first word with an error that another provider need not have: a question that is wrong is wrong everywhere.
const model = new iModel('openai/gpt-4o-mini', {
  fallback: [
    new iModel('anthropic/claude-haiku-4-5', {
      hooks: { onError: ({ code }) => console.log(`the second one does not answer: ${code}`) },
    }),
    new iModel('gemini/gemini-2.5-flash'),
  ],
})

const { content, text } = await model.invoke('What is machine learning?').response
console.log(`${content.model} answers`)
console.log(text)
