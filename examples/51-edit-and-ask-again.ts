// A message is edited, and an answer asked for again: each is a fork at that point, and nothing that was said is lost.
import './local.ts'
import { branchTree, Session } from 'braid'

await using session = await Session.open('.braid/edits.db', { imodel: 'openai/gpt-4o-mini', search: true })
const chat = await session.createBranch({ name: 'chat', system: 'Answer in one sentence.' })
await session.conduct('communicate', chat, { instruction: 'Why is the sky blue?' })
await session.conduct('communicate', chat, { instruction: 'Explain what a fork is' })
const [, , , question] = await chat.messages()

// Said otherwise: a fork before the message, and the new words instead of it.
const edited = await chat.fork('chat-edited', { before: question! })
await session.conduct('communicate', edited, { instruction: 'Explain what a branch is' })

// Asked again: the same fork, and the same words.
const again = await chat.fork('chat-again', { before: question! })
await session.conduct('communicate', again, { instruction: question!.text })

// The one that is gone on with takes the name, and the others are put away.
await chat.archive()
await chat.rename('chat-first')
await edited.rename('chat')
console.log(await branchTree(session, { archived: true }))
const [parent] = await edited.lineage()
console.log(`"${edited.name}" comes from "${parent?.branch}"`)
for (const { message, branches } of await session.search('branch')) console.log(message.role, 'on', branches.join(', '))
