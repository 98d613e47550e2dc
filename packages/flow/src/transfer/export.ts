import type { BranchRecord, Message, OperationRecord, RunReads, RunRecord, Store } from '@braid/core'
import { type BranchLine, type Line, type OperationLine, textOf, VERSION } from './line.ts'

/** How many messages are read at once. */
const PAGE = 256

/** A session as lines, read part by part. What is written meanwhile may be among them or not; every message that is has what came before it. */
export async function* exportLines(store: Store): AsyncGenerator<string, void> {
  let lines = 0
  for await (const line of linesOf(store)) {
    lines += 1
    yield textOf(line)
  }
  yield textOf({ type: 'end', lines })
}

async function* linesOf(store: Store): AsyncGenerator<Line, void> {
  const { id, createdAt } = await store.session()
  yield { type: 'session', version: VERSION, id, createdAt }
  const told = new Told()
  const branches = await store.branches()
  const ids = new Set(branches.map((branch) => branch.id))
  for (const branch of branches) {
    // One whose parent was deleted has what it shared with it as its own.
    const parent = branch.parent && ids.has(branch.parent.id) ? branch.parent : undefined
    yield branchLine(branch, parent, told)
    const length = await store.length(branch.id)
    for (let after = parent?.at ?? 0; after < length; after += PAGE) {
      for (const message of await store.messages(branch.id, { between: [after, Math.min(after + PAGE, length)] })) {
        yield { type: 'message', branch: branch.id, message: told.once(message) }
      }
    }
  }
  if (store.runs) for (const run of await store.runs.runs()) yield* linesOfRun(run, store.runs, told)
}

async function* linesOfRun(run: RunRecord, runs: RunReads, told: Told): AsyncGenerator<Line, void> {
  const { id, status, startedAt, endedAt, error, plan } = run
  yield { type: 'run', id, status, startedAt, ...given({ endedAt, error, plan }) }
  for (const operation of await runs.operations(id)) yield operationLine(operation, told)
  for (let after = 0; ; ) {
    const pages = await runs.log(id, after)
    if (pages.length === 0) break
    for (const { first, count, data } of pages) {
      yield { type: 'log', runId: id, first, count, data }
      after = first + count - 1
    }
  }
  for (const { operationId, key, value } of await runs.memos(id)) {
    yield { type: 'memo', runId: id, operationId, key, value }
  }
}

function branchLine(branch: BranchRecord, parent: BranchRecord['parent'], told: Told): BranchLine {
  const { id, name, createdAt, resources, capabilities, window, archived } = branch
  const system = branch.system && told.once(branch.system)
  return {
    type: 'branch',
    id,
    name,
    createdAt,
    ...given({ parent, system, resources, capabilities, window, archived }),
  }
}

function operationLine(operation: OperationRecord, told: Told): OperationLine {
  const { runId, id, kind, branch, outcome, lost, attempts, startedAt, endedAt } = operation
  const partial = outcome && 'partial' in outcome ? outcome.partial : undefined
  const written = partial ? ({ ...outcome, partial: told.once(partial) } as OperationLine['outcome']) : outcome
  return {
    type: 'operation',
    runId,
    id,
    kind,
    attempts,
    ...given({ branch, outcome: written, lost, startedAt, endedAt }),
  }
}

/** Which messages were written already. */
class Told {
  readonly #ids = new Set<string>()

  once(message: Message): Message | string {
    if (this.#ids.has(message.id)) return message.id
    this.#ids.add(message.id)
    return message
  }
}

/** What of it there is. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
