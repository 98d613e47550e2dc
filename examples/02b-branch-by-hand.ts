// The same without a Builder: a branch is a list of messages, and messages are what a model takes.
import './local.ts'
import { iModel, Message, Session } from 'braid'

await using session = new Session()
const model = new iModel('anthropic/claude-sonnet-4-5', { temperature: 0.7 })
session.services.register(model)
const branch = await session.createBranch({ name: 'streaming-chat', system: 'Answer briefly.' })

await session.conduct('communicate', branch, { instruction: 'Tell me about async programming in TypeScript' })

const question = Message.instruction('Can you give me a practical example?')
const stream = model.invoke({ messages: [...(await branch.messages()), question] })
for await (const text of stream.text()) process.stdout.write(text)
await branch.append(question, await stream.response)

console.log('\n')
for (const message of await branch.messages()) console.log(message.role, message.text.length)
