// A live view of an answer: callbacks draw it, and what must not be seen is never shown.
import './local.ts'
import { type StreamCallback, StreamProcessor } from 'braid'

function screen(): StreamCallback {
  let text = ''
  return {
    onStart: ({ model }) => console.log(`┌ ${model}`),
    onEvent: (chunk) => {
      if (chunk.type === 'text-delta') text += chunk.data
      if (chunk.type === 'redaction') text = '(removed)'
      if (process.stdout.isTTY) process.stdout.write(`\r│ ${text.slice(-70)}`)
    },
    onComplete: (_, usage, { chunks, bytes }) => {
      console.log(`\r│ ${text}\n└ ${usage.outputTokens} tokens, ${chunks} chunks, ${bytes} bytes`)
    },
    onError: (error, partial) => console.log(`\n└ ${error.code} after ${partial.text.length} characters`),
  }
}

const ask = (content: string) =>
  fetch(`${process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1'}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env['OPENAI_API_KEY']}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content }],
      stream: true,
      stream_options: { include_usage: true },
    }),
  })

const processor = new StreamProcessor('openai', { validate: ({ text }) => !/horizon/i.test(text) })
for (const question of ['Why is the sky blue?', 'Give me three tips']) {
  await processor.process(ask(question), { callback: screen() }).response
}
