// The Rust seed's objects: recorded bytes, a processor, a message as it grows.
import { createReadStream } from 'node:fs'
import { type StreamCallback, StreamingMessage, StreamProcessor } from 'braid'

const recorded = new URL('../test/streams/anthropic-messages/thinking-and-tools.sse', import.meta.url)
const processor = new StreamProcessor('anthropic', { buffer: { chunks: 200 }, timeout: 60_000, toolStreaming: true })
const callback: StreamCallback = {
  onComplete: (_, usage, metrics) => console.log(`${usage.outputTokens} tokens in ${metrics.durationMs.toFixed()} ms`),
}

const message = new StreamingMessage()
for await (const chunk of processor.process(createReadStream(recorded), { callback })) {
  message.push(chunk)
  if (chunk.type === 'tool-input-end') console.log('ready to run', message.toolCalls.at(-1))
}
console.log(message.isComplete, message.snapshot().text)
