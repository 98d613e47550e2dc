// The second turn streams, with the first as its context. Both are kept, and running this again goes on from there.
import './local.ts'
import { Builder, flowStream, Session } from 'braid'

await using session = await Session.open('.braid/chat.db', { imodel: 'anthropic/claude-sonnet-4-5' })
await session.conduct('communicate', 'chat', { instruction: 'Tell me about async programming in TypeScript' })

console.log('User: Can you give me a practical example?')
process.stdout.write('Assistant: ')

const builder = new Builder({ session })
builder.communicate({ instruction: 'Can you give me a practical example?', branch: 'chat' })
for await (const text of flowStream(builder).text()) process.stdout.write(text)
console.log('\n')

const chat = await session.branch('chat')
for (const message of await chat.messages({ last: 4 })) console.log(message.role, message.text.length)
