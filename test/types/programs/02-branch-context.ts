// Seed example 2: the second turn streams, with the first as its context, and is kept.
import { Builder, flowStream, Session } from 'braid'

const session = await Session.open('work.db', { imodel: 'anthropic/claude-sonnet-4-5' })
await session.conduct('communicate', 'chat', { instruction: 'Tell me about async programming in TypeScript' })

const builder = new Builder({ session })
builder.communicate({ instruction: 'Can you give me a practical example?', branch: 'chat' })
for await (const text of flowStream(builder).text()) process.stdout.write(text)

const chat = await session.branch('chat')
for (const message of await chat.messages()) console.log(message.role, message.text.length)
