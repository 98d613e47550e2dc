// Seed example 3: a dot for every ten tokens.
import { iModel } from 'braid'

const stream = new iModel('openai/gpt-4o').invoke('Explain quantum entanglement in detail')

let received = 0
for await (const _ of stream.text()) {
  if (++received % 10 === 0) process.stdout.write('.')
}
const { text, content } = await stream.response
console.log(`\n\nReceived ${received} chunks, ${content.usage.outputTokens} tokens\n\nResponse:\n${text}`)
