// The other front door: names, for those who draw graphs on whiteboards.
import { Builder, flow, Session } from 'braid'

const builder = new Builder({ session: new Session({ imodel: 'openai/gpt-4o-mini' }) })
builder.add('facts', 'communicate', { instruction: 'Five facts about bees' })
builder.add('myths', 'communicate', { instruction: 'Five myths about bees' })
builder.parallel('facts', 'myths')
const quiz = builder.addAggregation(
  'quiz',
  'communicate',
  { instruction: 'Make a true-or-false quiz' },
  { join: 'all' },
)
const proof = builder.add('proof', 'generate', { instruction: 'Check the answers' })
builder.sequence('quiz', 'proof')

console.log(builder.toText(), builder.toMermaid())
const results = await flow(builder)
console.log(results.get(quiz), results.get(proof), builder.toMermaid(results))
console.log(builder.toText(results, { width: process.stdout.columns }))
