// What had arrived before the error is not lost. (Without a key, the local server breaks this answer off.)
import './local.ts'
import { BraidError, iModel, type ModelStream } from 'braid'

async function safely(stream: ModelStream): Promise<string> {
  try {
    for await (const text of stream.text()) process.stdout.write(text)
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    console.log(`\n\n${error.code}: ${error.message}${error.retryable ? ' (try again)' : ''}`)
  }
  return stream.partial.text
}

const stream = new iModel('groq/llama-3.3-70b-versatile').invoke('Tell me everything')
const text = await safely(stream)
console.log(`\n${stream.partial.status}: ${text.length} characters`)
