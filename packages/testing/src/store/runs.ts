import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  BraidError,
  type Change,
  type Lease,
  type LogPage,
  Message,
  newId,
  type OperationRecord,
  type PlanRecord,
  type RunReads,
  type RunRecord,
  type RunRequest,
} from '@braid/core'
import type { Law, Stores } from './contract.ts'
import { append, branch, rejects, say } from './material.ts'

/** What a store that keeps runs says of them, of their operations, logs, memos and requests. */
export function runLaws(law: Law): void {
  law(
    'a run is found by its id with everything that was said of it, and listed in the order of beginning',
    async (stores) => {
      await withRuns(stores, async ({ runs, write }) => {
        const [first, second] = [aRun(), { ...aRun(), plan: PLAN, lease: aLease() }]
        await write(first)
        await write(second)
        deepEqual(await runs.run(first.id), first)
        deepEqual(await runs.run(second.id), second)
        deepEqual(await runs.runs(), [first, second])
        equal(await runs.run(newId()), undefined)
      })
    },
  )

  law(
    'what is said of a run again replaces what was said, but for the plan and the lease that it leaves out',
    async (stores) => {
      await withRuns(stores, async ({ runs, write }) => {
        const begun = { ...aRun(), plan: PLAN, lease: aLease() }
        await write(begun)
        const error = new BraidError('run_failed', 'It failed.', { operationId: 'write' })
        const failed: RunRecord = {
          id: begun.id,
          status: 'failed',
          startedAt: begun.startedAt,
          endedAt: new Date(),
          error,
        }
        await write(failed)
        deepEqual(await runs.run(begun.id), { ...failed, plan: begun.plan, lease: begun.lease })
        await write({ ...aRun(), id: begun.id, startedAt: begun.startedAt })
        deepEqual(await runs.run(begun.id), begun)
      })
    },
  )

  law('runs are listed by status, or the last so many', async (stores) => {
    await withRuns(stores, async ({ runs, write }) => {
      const statuses = ['running', 'completed', 'running', 'failed', 'cancelled', 'running'] as const
      const all = statuses.map((status) => ({ ...aRun(), status }))
      for (const run of all) await write(run)
      deepEqual(await runs.runs({ status: 'running' }), [all[0], all[2], all[5]])
      deepEqual(await runs.runs({ last: 2 }), all.slice(-2))
      deepEqual(await runs.runs({ status: 'running', last: 2 }), [all[2], all[5]])
      deepEqual(await runs.runs({ last: 0 }), [])
    })
  })

  law('an operation reads back in every state it can be in, in the order of first writing', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const run = await write(aRun())
      const operations = everyOperation(run.id)
      await store.write(operations.map((operation): Change => ({ type: 'operation', operation })))
      deepEqual(await runs.operations(run.id), operations)
      deepEqual(await runs.operations(newId()), [])
    })
  })

  law('a result that cannot be kept is lost, and all else of its operation is kept', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const run = await write(aRun())
      const operation = { ...done(run.id, 'make'), outcome: { ...COMPLETED, result: () => 'a function' } }
      await store.write([{ type: 'operation', operation }])
      deepEqual(await runs.operations(run.id), [
        { ...operation, lost: true, outcome: { ...COMPLETED, result: undefined } },
      ])
    })
  })

  law('what is said of an operation again replaces what was said, and it stays in its place', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const run = await write(aRun())
      const [first, second] = [started(run.id, 'first'), started(run.id, 'second')]
      const put = (...all: OperationRecord[]) =>
        store.write(all.map((operation): Change => ({ type: 'operation', operation })))
      await put(first, second)
      const failed: OperationRecord = {
        ...first,
        outcome: { status: 'failed', error: new BraidError('timeout', 'Late.') },
      }
      await put(failed)
      deepEqual(await runs.operations(run.id), [failed, second])
      const again = { ...done(run.id, 'first'), attempts: 2, outcome: { ...COMPLETED, attempts: 2 } }
      await put(again)
      deepEqual(await runs.operations(run.id), [again, second])
    })
  })

  law(
    'an operation, a part of a log, a memo, a request or a lease of a run that is not there is an unknown_run',
    async (stores) => {
      await withRuns(stores, async ({ store }) => {
        const runId = newId()
        const changes: readonly Change[] = [
          { type: 'operation', operation: started(runId, 'a') },
          { type: 'log', runId, page: page(1, 1) },
          { type: 'log-packed', runId, pages: [] },
          { type: 'memo', runId, memo: { operationId: 'a', key: 'k', value: 1 } },
          { type: 'request', runId, request: { type: 'cancel' } },
          { type: 'lease', runId, lease: aLease() },
        ]
        for (const change of changes) await rejects(store.write([change]), 'unknown_run', runId)
      })
    },
  )

  law('a lease is taken from whom one thinks that has it, or not at all', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const { id: runId } = await write(aRun())
      const [mine, renewed, theirs] = [aLease(), aLease(), aLease()]
      const take = (lease: Lease | undefined, instead?: Lease) =>
        store.write([
          {
            type: 'lease',
            runId,
            ...(lease === undefined ? {} : { lease }),
            ...(instead === undefined ? {} : { instead: instead.token }),
          },
        ])
      await rejects(take(mine, theirs), 'run_leased')
      await take(mine)
      deepEqual((await runs.run(runId))?.lease, mine)
      await rejects(take(theirs), 'run_leased', String(mine.pid), mine.host)
      await rejects(take(theirs, renewed), 'run_leased')
      await rejects(take(undefined), 'run_leased')
      await take(renewed, mine)
      await take(theirs, renewed)
      deepEqual((await runs.run(runId))?.lease, theirs)
      await take(undefined, theirs)
      equal((await runs.run(runId))?.lease, undefined)
      const both = await Promise.allSettled([take(mine), take(theirs)])
      deepEqual(
        both.map(({ status }) => status),
        ['fulfilled', 'rejected'],
      )
    })
  })

  law('a write that says whose run it is happens only while that is so', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const lease = aLease()
      const run = await write({ ...aRun(), lease })
      const main = branch('main')
      const holds = (token: string): Change => ({ type: 'holds', runId: run.id, token })
      await store.write([{ type: 'branch', branch: main }])
      await store.write([holds(lease.token), append(main, say('kept'))])
      await rejects(store.write([append(main, say('lost')), holds(newId())]), 'attempt_superseded')
      await store.write([{ type: 'lease', runId: run.id, lease: aLease(), instead: lease.token }])
      await rejects(
        store.write([
          holds(lease.token),
          { type: 'operation', operation: started(run.id, 'a') },
          append(main, say('x')),
        ]),
        'attempt_superseded',
      )
      await rejects(store.write([{ type: 'holds', runId: newId(), token: lease.token }]), 'attempt_superseded')
      equal(await store.length(main.id), 1)
      deepEqual(await runs.operations(run.id), [])
    })
  })

  law('a log is read from any number on, in order, and without gaps', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const [{ id: runId }, other] = [await write(aRun()), await write(aRun())]
      const pages = [page(1, 3), page(4, 1), page(5, 10), page(15, 2)]
      const log = (each: LogPage): Change => ({ type: 'log', runId, page: each })
      await store.write(pages.slice(0, 1).map(log))
      await store.write([{ type: 'log', runId: other.id, page: page(1, 50) }, ...pages.slice(1).map(log)])
      for (const [after, first] of Object.entries([0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3])) {
        same(await wholeLog(runs, runId, Number(after)), pages.slice(first))
      }
      for (const after of [16, 17, 1000]) deepEqual(await runs.log(runId, after), [])
      deepEqual(await runs.log(newId(), 0), [])
      for (const first of [1, 16, 18]) await rejects(store.write([log(page(first, 1))]), 'invalid_request', '17', runId)
    })
  })

  law('a long log is read part by part, a few megabytes at most at a time', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const { id: runId } = await write(aRun())
      const pages = Array.from({ length: 12 }, (_, index) => page(index * 10 + 1, 10, 400_000))
      for (const each of pages) await store.write([{ type: 'log', runId, page: each }])
      ok((await runs.log(runId, 0)).length < pages.length)
      same(await wholeLog(runs, runId, 0), pages)
    })
  })

  law('a log that is packed anew is the new pages, and goes on after them', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const [{ id: runId }, other] = [await write(aRun()), await write(aRun())]
      for (const id of [runId, other.id]) {
        for (const each of [page(1, 2), page(3, 2)]) await store.write([{ type: 'log', runId: id, page: each }])
      }
      const packed = page(1, 4)
      await store.write([{ type: 'log-packed', runId, pages: [packed] }])
      same(await wholeLog(runs, runId, 2), [packed])
      await store.write([{ type: 'log', runId, page: page(5, 1) }])
      same(await wholeLog(runs, runId, 4), [page(5, 1)])
      equal((await wholeLog(runs, other.id, 0)).length, 2)
      await rejects(store.write([{ type: 'log-packed', runId, pages: [page(2, 1)] }]), 'invalid_request')
      equal((await wholeLog(runs, runId, 0)).length, 2)
    })
  })

  law('memos are kept by operation and key, with the value that was written last', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const [{ id: runId }, other] = [await write(aRun()), await write(aRun())]
      const memo = (operationId: string, key: string, value: unknown): Change => ({
        type: 'memo',
        runId,
        memo: { operationId, key, value },
      })
      const value = { at: new Date(0), bytes: new Uint8Array([1, 2]), big: 1n, list: [null, Number.NaN] }
      await store.write([memo('a', 'k', 1), memo('a', 'l', value), memo('b', 'k', 'two')])
      await store.write([memo('a', 'k', 3)])
      const found = [...(await runs.memos(runId))].sort((one, two) =>
        one.operationId + one.key < two.operationId + two.key ? -1 : 1,
      )
      deepEqual(found, [
        { operationId: 'a', key: 'k', value: 3 },
        { operationId: 'a', key: 'l', value },
        { operationId: 'b', key: 'k', value: 'two' },
      ])
      deepEqual(await runs.memos(other.id), [])
    })
  })

  law('requests are read in the order of writing, those after a number alone', async (stores) => {
    await withRuns(stores, async ({ runs, store, write }) => {
      const [{ id: runId }, other] = [await write(aRun()), await write(aRun())]
      const requests: readonly RunRequest[] = [
        { type: 'approve', approvalId: 'x' },
        { type: 'deny', approvalId: 'y', reason: 'No.' },
        { type: 'skip-operation', operationId: 'a' },
        { type: 'cancel-operation', operationId: 'b' },
        { type: 'cancel', reason: 'Enough.' },
      ]
      for (const request of requests) {
        await store.write([
          { type: 'request', runId: other.id, request: { type: 'cancel' } },
          { type: 'request', runId, request },
        ])
      }
      const all = await runs.requests(runId, 0)
      deepEqual(
        all.map(({ request }) => request),
        requests,
      )
      for (const [index, { number }] of all.entries()) {
        ok(Number.isInteger(number) && number > (all[index - 1]?.number ?? 0))
        deepEqual(await runs.requests(runId, number), all.slice(index + 1))
      }
      deepEqual(await runs.requests(newId(), 0), [])
    })
  })

  law('a store that can be reopened has its runs as they were', async ({ open }) => {
    const { store, reopen } = await open()
    if (store.runs === undefined || reopen === undefined) return
    const run: RunRecord = { ...aRun(), plan: PLAN, lease: aLease() }
    const operations = everyOperation(run.id)
    await store.write([
      { type: 'run', run },
      ...operations.map((operation): Change => ({ type: 'operation', operation })),
      { type: 'log', runId: run.id, page: page(1, 4) },
      { type: 'memo', runId: run.id, memo: { operationId: 'a', key: 'k', value: 1 } },
      { type: 'request', runId: run.id, request: { type: 'cancel' } },
    ])
    await store.close()
    const again = await reopen()
    const runs = again.runs as RunReads
    deepEqual(await runs.run(run.id), run)
    deepEqual(await runs.operations(run.id), operations)
    same(await wholeLog(runs, run.id, 0), [page(1, 4)])
    equal((await runs.memos(run.id)).length, 1)
    equal((await runs.requests(run.id, 0)).length, 1)
    await again.close()
  })
}

const PLAN: PlanRecord = [
  { id: 'research', kind: 'communicate', params: { instruction: 'Find out.', limit: 3 }, edges: [], code: false },
  {
    id: 'write',
    kind: 'function',
    branch: 'article',
    params: { run: { $function: 'run' } },
    edges: [{ from: 'research', type: 'context' }],
    join: 'settled',
    timeout: 1000,
    retry: { attempts: 2, backoff: 10 },
    code: true,
  },
]

const COMPLETED = {
  status: 'completed',
  result: { text: 'a', at: new Date(0), bytes: new Uint8Array([0, 255]) } as unknown,
  usage: { inputTokens: 1, outputTokens: 2 },
  durationMs: 1.5,
  attempts: 1,
} as const

function aRun(): RunRecord {
  return { id: newId(), status: 'running', startedAt: new Date() }
}

function aLease(): Lease {
  return { token: newId(), pid: 4711, host: 'here', boot: 'today', expiresAt: new Date() }
}

function started(runId: string, id: string): OperationRecord {
  return { runId, id, kind: 'task', attempts: 1, startedAt: new Date() }
}

function done(runId: string, id: string): OperationRecord {
  return { ...started(runId, id), outcome: COMPLETED, endedAt: new Date() }
}

function everyOperation(runId: string): readonly OperationRecord[] {
  const { usage } = COMPLETED
  const error = new BraidError('rate_limited', 'Slow down.', {
    retryAfterMs: 100,
    operationId: 'failed',
    issues: [{ path: 'steps[0]', message: 'expected string, got a number' }],
  })
  const message = Message.assistant('in a result')
  return [
    { runId, id: 'waits', kind: 'task', attempts: 0 },
    { ...started(runId, 'running'), branch: 'main', attempts: 3 },
    done(runId, 'completed'),
    { ...done(runId, 'void'), outcome: { ...COMPLETED, result: undefined } },
    { ...done(runId, 'message'), outcome: { ...COMPLETED, result: [message, 1n, Number.NaN, null] } },
    { ...done(runId, 'failed'), outcome: { status: 'failed', error, usage, partial: Message.assistant('half') } },
    { ...done(runId, 'skipped'), outcome: { status: 'skipped', because: 'failed' } },
    { ...done(runId, 'cancelled'), outcome: { status: 'cancelled', reason: new Error('The user left.'), usage } },
    { ...done(runId, 'cancelled for no reason'), outcome: { status: 'cancelled', reason: undefined } },
    { ...done(runId, 'cancelled with a word'), outcome: { status: 'cancelled', reason: 'enough', partial: message } },
  ]
}

/** A page whose bytes say what it is. */
function page(first: number, count: number, bytes = 4): LogPage {
  return { first, count, data: new Uint8Array(bytes).fill(first % 256) }
}

async function wholeLog(runs: RunReads, runId: string, after: number): Promise<LogPage[]> {
  const pages: LogPage[] = []
  for (let seen = after; ; ) {
    const more = await runs.log(runId, seen)
    const last = more.at(-1)
    if (last === undefined) return pages
    pages.push(...more)
    seen = last.first + last.count - 1
  }
}

/** The same pages, whatever kind of Uint8Array their bytes are in. */
function same(pages: readonly LogPage[], expected: readonly LogPage[]): void {
  const plain = ({ first, count, data }: LogPage) => ({ first, count, data: Buffer.from(data).toString('base64') })
  deepEqual(pages.map(plain), expected.map(plain))
}

async function withRuns(
  { fresh }: Stores,
  body: (there: {
    readonly runs: RunReads
    readonly store: Awaited<ReturnType<Stores['fresh']>>
    readonly write: (run: RunRecord) => Promise<RunRecord>
  }) => Promise<void>,
): Promise<void> {
  const store = await fresh()
  if (store.runs === undefined) return
  const write = async (run: RunRecord): Promise<RunRecord> => {
    await store.write([{ type: 'run', run }])
    return run
  }
  await body({ runs: store.runs, store, write })
}
