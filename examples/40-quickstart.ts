// The first steps: one turn, another provider, a system message, one question without history, and what was kept.
import './local.ts'
import { iModel, Session } from 'braid'

const model = new iModel('openai/gpt-4o-mini', { temperature: 0.7 })
await using session = new Session({ imodel: model })

// One turn. The branch is made when there is none of that name, and has the question and the answer when it is over.
console.log(await session.conduct('communicate', 'main', { instruction: 'Write a haiku about TypeScript' }))

// The same with another provider, which reads on the branch what the first one said.
const imodel = 'anthropic/claude-haiku-4-5'
console.log(await session.conduct('communicate', 'main', { instruction: 'Which word would you change?', imodel }))

// A branch with a system message.
const system = 'You teach TypeScript. Give an example with every answer.'
const lessons = await session.createBranch({ name: 'lessons', system })
console.log(await session.conduct('communicate', lessons, { instruction: 'What is a union type?' }))

// One question, and nothing is kept of it.
const { text } = await model.invoke('Hello!').response
console.log(text)

for (const branch of await session.branches()) {
  for (const message of await branch.messages()) console.log(`${branch.name}: ${message.role}, ${message.text.length}`)
}
