// Another provider where one fails. (Without keys, the first two are down.)
import './local.ts'
import { BraidError, iModel } from 'braid'

const models = [
  new iModel('openai/gpt-4o-mini'),
  new iModel('anthropic/claude-haiku-4-5'),
  new iModel('gemini/gemini-2.5-flash'),
]

async function ask(question: string): Promise<string> {
  for (const model of models) {
    try {
      const { text } = await model.invoke(question).response
      console.log(`${model.name} answers`)
      return text
    } catch (error) {
      // A question that is wrong is wrong everywhere. What another provider might answer has an error that says so.
      if (!(error instanceof BraidError && error.fallbackable)) throw error
      console.log(`${model.name} does not: ${error.code}`)
    }
  }
  throw new Error('none of the providers answers')
}

console.log(await ask('What is machine learning?'))
