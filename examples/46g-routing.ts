// A small model for small questions, a large one for large ones, and another provider while one of them is down. (Without a key, the small one is.)
import './local.ts'
import { type CallInfo, iModel, Message, type ModelRequest } from 'braid'

const small = new iModel('openai/gpt-4o-mini', { breaker: { failures: 1, rest: 60_000 } })
const large = new iModel('openai/gpt-4o')
const spare = new iModel('anthropic/claude-haiku-4-5')

// Called before each call: it may change it, answer it, refuse it, or give it to another model.
function route({ messages }: ModelRequest, { estimatedTokens }: CallInfo): iModel | Message | undefined {
  if (messages.some((message) => 'content' in message && message.content === 'ping')) return Message.assistant('pong')
  if (estimatedTokens > 100) return large
  return small.available ? undefined : spare
}
const model = small.with({ hooks: { beforeCall: route }, fallback: [spare] })

for (const question of [
  'ping',
  'Name a bee',
  'Name a wasp',
  `Sum this up: ${'It was a long day for the bees. '.repeat(20)}`,
]) {
  const { content, text } = await model.invoke(question).response
  console.log(`${content.model || 'nobody'}: ${text}`)
}
