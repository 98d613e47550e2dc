// Operations by name, for those who draw graphs on whiteboards: the plan as a picture, and what became of it.
import './local.ts'
import { Builder, flow, Session } from 'braid'

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })
const builder = new Builder({ session })
builder.add('facts', 'communicate', { instruction: 'Three facts about bees' }, { branch: 'bees' })
builder.add('myths', 'communicate', { instruction: 'Three myths about bees' })
builder.parallel('facts', 'myths')
const quiz = builder.addAggregation('quiz', 'communicate', { instruction: 'Make a quiz' })
builder.add('thanks', 'communicate', { instruction: 'Thank you. Anything to add?' }, { branch: 'bees' })
builder.add('proof', 'generate', { instruction: 'Check the answers' })
builder.sequence('quiz', 'proof')
console.log(`${builder.toText()}\n`)

const results = await flow(builder)
console.log(`${results.get(quiz)}\n`)
console.log(`${builder.toText(results, { width: process.stdout.columns })}\n`)
console.log(builder.toMermaid(results))
