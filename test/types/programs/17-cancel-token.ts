// The Python seed's loop: events by type, and a token that stops them.
import { CancelToken, iModel } from 'braid'

const token = new CancelToken({ timeout: 30_000 })
token.onCancel((reason) => console.error('stopped:', reason))

const stream = new iModel('deepseek/deepseek-chat').invoke('Hello', { signal: token.signal })
let characters = 0
for await (const event of stream) {
  if (event.type === 'text-delta') {
    process.stdout.write(event.data)
    characters += event.data.length
  } else if (event.type === 'tool-input-start') {
    console.log(`\nTool: ${event.toolName}`)
  } else if (event.type === 'finish') {
    console.log(`\nFinish: ${event.finishReason} (${event.metadata['finish_reason']})`)
  }
  if (characters > 1_000) {
    token.cancel('enough')
    break
  }
}
console.log(stream.partial.status, stream.partial.text.length)
