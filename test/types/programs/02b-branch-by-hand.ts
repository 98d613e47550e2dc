// The same without a Builder: a branch is a list of messages, and messages are what a model takes.
import { iModel, Message, Session } from 'braid'

const session = await Session.open('work.db')
const model = new iModel('anthropic/claude-sonnet-4-5')
const branch = await session.createBranch({ name: 'streaming-chat', system: 'Answer briefly.' })

const question = Message.instruction('Can you give me a practical example?')
const stream = model.invoke({ messages: [...(await branch.messages()), question] })
for await (const text of stream.text()) process.stdout.write(text)

await branch.append(question, await stream.response)
