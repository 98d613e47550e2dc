// A dot for every ten pieces of text, then all of it, and what it cost.
import './local.ts'
import { iModel } from 'braid'

const stream = new iModel('openai/gpt-4o').invoke('Explain quantum entanglement in detail')

process.stdout.write('Generating response')
let received = 0
for await (const _ of stream.text()) {
  if (++received % 10 === 0) process.stdout.write('.')
}
const { text, content } = await stream.response
console.log(`\n\nReceived ${received} pieces, ${content.usage.outputTokens} tokens\n\nResponse:\n${text}`)
