// An audit: one auditor for each file, two at a time, their findings typed and in a report; afterwards one of them is asked on.
import './local.ts'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { Builder, flowStream, Session } from 'braid'
import { z } from 'zod'

const kind = z.enum(['dead-code', 'api-drift', 'untested'])
const Audit = z.object({ findings: z.array(z.object({ line: z.number().int(), kind, note: z.string() })) })

await using session = await Session.open('.braid/audit.db', { imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })
const folder = new URL('fixtures/shop/', import.meta.url)
const files = await readdir(folder)

const audits = []
for (const file of files) {
  const context = await readFile(new URL(file, folder), 'utf8')
  const instruction = `Audit ${file} for dead code, API drift and untested paths`
  audits.push(builder.operate({ name: file, branch: file, instruction, context, output: Audit }))
}

const stream = flowStream(builder, { concurrency: 2, onError: 'continue' })
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'operation-end') console.log(operationId, chunk.status)
}

const results = await stream.results
const report = audits.flatMap((audit) => {
  const { findings } = results.find(audit) ?? { findings: [] } // one that failed has none
  return findings.map(({ line, kind, note }) => `- ${audit.id}:${line}, ${kind}: ${note}`)
})
await writeFile('.braid/audit.md', report.join('\n'))
console.log(`\n${report.join('\n')}\n`)

// Each auditor's conversation is a branch of its own, and goes on.
console.log(await session.conduct('communicate', 'cart.py', { instruction: 'What would you do first?' }))
