// Research on three sides of a question at once, and a report from it; later the report's own branch is asked to add to it.
import './local.ts'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Builder, flowStream, Session } from 'braid'

await using session = await Session.open('.braid/research.db', { imodel: 'openai/gpt-4o-mini' })
const builder = new Builder({ session })

const findings = builder.fanOut(['consistency', 'operations', 'maturity'], (side) =>
  builder.communicate({ name: side, branch: side, instruction: `Compare event sourcing and CQRS: ${side}` }),
)
const report = builder.communicate({
  name: 'report',
  branch: 'report',
  instruction: 'Write a report with a table and a recommendation',
  contextFrom: findings,
  imodel: 'anthropic/claude-sonnet-4-5',
})

// Straight into a file, as it is written.
const stream = flowStream(builder)
await pipeline(stream.text(report), createWriteStream('.braid/report.md'))
console.log(`${(await stream.result(report)).length} characters are in .braid/report.md`)

// The branch has the findings and the report. This may as well be another program, next week.
const instruction = 'Add an example for the recommendation'
for await (const text of flowStream(builder.communicate({ instruction, branch: 'report' })).text()) {
  process.stdout.write(text)
}
console.log()
