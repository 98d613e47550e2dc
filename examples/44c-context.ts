// What a turn is about besides its instruction: values that go along with it, each under its name.
import './local.ts'
import { Session } from 'braid'

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })

const code = `def average(numbers):
    return sum(numbers) / len(numbers)`
const bugs = await session.conduct('communicate', 'review', {
  instruction: 'Find the bugs in this code',
  context: { language: 'Python', code },
})
console.log(`Bugs: ${bugs}\n`)

const fix = await session.conduct('communicate', 'review', {
  instruction: 'Fix them',
  context: { note: 'An empty list has the average 0.' },
})
console.log(`Fix: ${fix}\n`)

// It is kept with its message, and sent with every later turn.
const [question] = await (await session.branch('review')).messages()
console.log(question?.content)
