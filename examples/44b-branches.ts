// Two conversations of one session, at the same time. Each goes on by itself, and one of them is forked in the middle.
import './local.ts'
import { Builder, flow, Session } from 'braid'

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })
const technical = await session.createBranch({ name: 'technical', system: 'You are a senior engineer.' })
const creative = await session.createBranch({ name: 'creative', system: 'You coach writers.' })

const builder = new Builder({ session })
builder.communicate({ instruction: 'Explain microservices', branch: technical })
builder.communicate({ instruction: 'An opening for a story about a silent star', branch: creative })
// Behind the first, because it is on the same branch. The other conversation waits for neither.
builder.communicate({ instruction: 'What are the trade-offs?', branch: technical })
await flow(builder)

// Another way on from the first answer. The fork shares the past and copies nothing.
const [, , answer] = await technical.messages()
const fork = await technical.fork('without-jargon', { at: answer! })
await session.conduct('communicate', fork, { instruction: 'Say that without jargon' })

for (const branch of await session.branches()) {
  console.log(`${branch.name}:`)
  for (const { role, text } of await branch.messages()) console.log(`  ${role}: ${text}`)
}
