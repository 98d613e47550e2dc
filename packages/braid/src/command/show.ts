import { drawRun } from '@braid/flow'
import { Session } from '../session.ts'
import { jsonLine } from './json-line.ts'
import { runOf } from './run-of.ts'
import { styles } from './style.ts'
import { spanText, timeText } from './table.ts'

/** Where there is no terminal to fit into, in columns. */
const WIDE = 200

/** Prints the graph of a run with what became of each operation, and what went wrong. */
export async function show(path: string, id: string, json: boolean): Promise<number> {
  await using session = await Session.open(path, { readOnly: true })
  const run = await runOf(session, id)
  const record = await session.store.runs?.run(run.id)
  const operations = (await session.store.runs?.operations(run.id)) ?? []
  if (json) {
    const { lease: _, plan, ...rest } = record ?? {}
    console.log(jsonLine({ ...rest, run: run.id, status: run.status, plan }))
    for (const { id: operationId, runId, ...operation } of operations)
      console.log(jsonLine({ run: runId, operationId, ...operation }))
    return 0
  }
  const { bold, dim, red } = styles(process.stdout)
  const began = record ? `  began ${timeText(record.startedAt)}` : ''
  const took = record?.endedAt ? `, took ${spanText(record.endedAt.getTime() - record.startedAt.getTime())}` : ''
  console.log(`${bold(run.id)}  ${run.status}${dim(`${began}${took}`)}\n`)
  console.log(await drawRun(session, run.id, { width: process.stdout.columns ?? WIDE }))
  const failures = operations.flatMap(({ id: operationId, outcome }) =>
    outcome?.status === 'failed' ? [`${operationId}: ${outcome.error.message}`] : [],
  )
  if (failures.length > 0) console.log(`\n${failures.map((failure) => red(failure)).join('\n')}`)
  return 0
}
