// Seed variation: what had arrived before the error is not lost.
import { BraidError, iModel, type ModelStream } from 'braid'

async function safely(stream: ModelStream): Promise<string> {
  try {
    for await (const text of stream.text()) process.stdout.write(text)
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    console.error(`\n${error.code}: ${error.message}${error.retryable ? ' (try again)' : ''}`)
  }
  return stream.partial.text
}
console.log((await safely(new iModel('groq/llama-3.3-70b').invoke('Tell me everything'))).length)
