import { BraidError, type OperationRecord, type RunRecord } from '@braid/core'
import type { RunStatus } from '@braid/flow'
import { Session } from '../session.ts'
import { jsonLine } from './json-line.ts'
import { styles } from './style.ts'
import { spanText, table, timeText } from './table.ts'

const STATUSES = {
  running: true,
  waiting: true,
  completed: true,
  failed: true,
  cancelled: true,
  interrupted: true,
} satisfies Record<RunStatus, true>

export interface RunsOptions {
  readonly status: string | undefined
  readonly last: string | undefined
  readonly json: boolean
}

/** Prints the runs of a database in the order in which they began. */
export async function runs(path: string, options: RunsOptions): Promise<number> {
  const query = queryOf(options)
  await using session = await Session.open(path, { readOnly: true })
  const { bold } = styles(process.stdout)
  const listed = await session.runs.list(query)
  const rows: string[][] = []
  for (const { id, status } of listed) {
    const record = await session.store.runs?.run(id)
    const operations = (await session.store.runs?.operations(id)) ?? []
    if (options.json) console.log(jsonLine(shown(id, status, record, operations)))
    else rows.push([id, status, record ? timeText(record.startedAt) : '', lasted(record), counts(operations)])
  }
  if (options.json) return 0
  if (rows.length === 0) console.log('no such runs')
  else {
    const [head = '', ...body] = table(['run', 'status', 'began', 'took', 'operations'], rows)
    console.log([bold(head), ...body].join('\n'))
  }
  return 0
}

function queryOf({ status, last }: RunsOptions): { status?: RunStatus; last?: number } {
  if (status !== undefined && !Object.hasOwn(STATUSES, status)) {
    throw new BraidError(
      'invalid_request',
      `expected --status to be one of ${Object.keys(STATUSES).join(', ')}; got "${status}"`,
    )
  }
  if (last !== undefined && !/^\d{1,9}$/.test(last)) {
    throw new BraidError('invalid_request', `expected --last with how many runs, such as 10; got "${last}"`)
  }
  return {
    ...(status === undefined ? {} : { status: status as RunStatus }),
    ...(last === undefined ? {} : { last: Number(last) }),
  }
}

function shown(
  id: string,
  status: RunStatus,
  record: RunRecord | undefined,
  operations: readonly OperationRecord[],
): object {
  const by: Record<string, number> = {}
  for (const { outcome } of operations) {
    const key = outcome?.status ?? 'open'
    by[key] = (by[key] ?? 0) + 1
  }
  return {
    run: id,
    status,
    startedAt: record?.startedAt,
    endedAt: record?.endedAt,
    error: record?.error,
    operations: by,
  }
}

function lasted(record: RunRecord | undefined): string {
  return record?.endedAt ? spanText(record.endedAt.getTime() - record.startedAt.getTime()) : ''
}

function counts(operations: readonly OperationRecord[]): string {
  const done = operations.filter(({ outcome }) => outcome?.status === 'completed').length
  return `${done} of ${operations.length} completed`
}
