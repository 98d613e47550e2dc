// A conversation that outlives its program: in its file, and as plain JSON for whoever wants it.
import './local.ts'
import { readFile, writeFile } from 'node:fs/promises'
import { type MessageLike, Session } from 'braid'

const open = () => Session.open('.braid/resumed.db', { imodel: 'openai/gpt-4o-mini' })
{
  await using session = await open()
  await session.conduct('communicate', 'chat', { instruction: 'Tell me about async programming in TypeScript' })
  const messages = await (await session.branch('chat')).messages()
  const plain = messages.map(({ role, text }) => ({ role, content: text }))
  await writeFile('.braid/chat.json', JSON.stringify(plain, null, 2))
}

// Another day, another process: the file has everything.
await using session = await open()
console.log(await session.conduct('communicate', 'chat', { instruction: 'Can you give me a practical example?' }))

// Or somewhere else altogether, from the JSON.
await using elsewhere = new Session({ imodel: 'anthropic/claude-haiku-4-5' })
const chat = await elsewhere.createBranch({ name: 'imported' })
await chat.append(...(JSON.parse(await readFile('.braid/chat.json', 'utf8')) as MessageLike[]))
console.log(await elsewhere.conduct('communicate', chat, { instruction: 'Can you give me a practical example?' }))

for (const branch of [await session.branch('chat'), chat]) console.log(branch.name, (await branch.messages()).length)
