// An analyst with two tools: what it called in each step, what came of it, and a typed answer in the end.
import './local.ts'
import { readFile } from 'node:fs/promises'
import { Builder, flowStream, Session, tool } from 'braid'
import { z } from 'zod'

const Person = z.object({ name: z.string(), department: z.string(), salary: z.number() })
const people = z
  .array(Person)
  .parse(JSON.parse(await readFile(new URL('fixtures/people.json', import.meta.url), 'utf8')))

const query = tool({
  name: 'query',
  description: 'The people of a department',
  input: Person.pick({ department: true }),
  run: (wanted) => people.filter(({ department }) => department === wanted.department),
})
const average = tool({
  name: 'average',
  description: 'The average of numbers',
  input: z.object({ numbers: z.array(z.number()).min(1) }),
  run: ({ numbers }) => numbers.reduce((sum, number) => sum + number) / numbers.length,
})

await using session = new Session({ imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })
const analysis = builder.react({
  instruction: 'What is the average salary in Engineering?',
  tools: [query, average],
  output: z.object({ department: z.string(), averageSalary: z.number() }),
})

const stream = flowStream(analysis)
for await (const [, chunk] of stream) {
  if (chunk.type === 'start-step') console.log(`step ${chunk.step}`)
  if (chunk.type === 'tool-call') console.log(`- ${chunk.toolName}(${chunk.rawInput})`)
  if (chunk.type === 'tool-result') console.log(`  ${JSON.stringify(chunk.output)}`)
}
console.log(await stream.result(analysis))
