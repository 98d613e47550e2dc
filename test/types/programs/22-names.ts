// The other front door: names, for those who draw graphs on whiteboards.
import { Builder, flow, Session } from 'braid'

const builder = new Builder({ session: new Session({ imodel: 'openai/gpt-4o-mini' }) })
builder.add('facts', 'communicate', { instruction: 'Five facts about bees' })
builder.add('myths', 'communicate', { instruction: 'Five myths about bees' })
const quiz = builder.add('quiz', 'communicate', { instruction: 'Make a quiz' }, { contextFrom: ['facts', 'myths'] })
const proof = builder.add('proof', 'generate', { instruction: 'Check the answers' })
builder.dependsOn('proof', 'quiz')

const results = await flow(builder)
console.log(results.get(quiz), results.get(proof))
