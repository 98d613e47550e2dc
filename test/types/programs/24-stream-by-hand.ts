// The Rust seed's objects: recorded bytes, a processor, a message as it grows.
import { createReadStream } from 'node:fs'
import { type StreamCallback, StreamingMessage, StreamProcessor } from 'braid'

const processor = new StreamProcessor('bedrock', { buffer: { chunks: 200 }, timeout: 60_000, toolStreaming: true })
const callback: StreamCallback = {
  onComplete: (_, usage, metrics) => console.log(`${usage.totalTokens} tokens in ${metrics.durationMs / 1000} s`),
}

const message = new StreamingMessage()
for await (const chunk of processor.process(createReadStream('answer.bin'), { callback })) {
  message.push(chunk)
  if (chunk.type === 'tool-input-end') console.log('ready to run', message.toolCalls.at(-1))
}
console.log(message.isComplete, message.snapshot().text)
