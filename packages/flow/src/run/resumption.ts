import {
  BraidError,
  type Change,
  type Chunk,
  type Memo,
  NO_METADATA,
  type OperationRecord,
  type Outcome,
  type RunReads,
  type RunRecord,
} from '@braid/core'
import { withInside } from '../builder/group.ts'
import type { Node } from '../builder/node.ts'
import type { Journal } from '../journal/journal.ts'
import { Memory } from '../journal/memory.ts'
import { pagesOf } from '../journal/packing.ts'
import { PageWriter, unpack } from '../journal/page.ts'
import { interrupted } from './standing.ts'

/** What an operation came to in the process that had the run before, where it has to be made again. */
export interface Prior {
  /** How often it was tried. */
  readonly attempts: number
  /** Why it is tried again. */
  readonly error: BraidError
  /** Whether something of it was said, that readers are to forget. */
  readonly said: boolean
}

/** What the log tells of an operation: whether its end was said after it last began, and its last attempt, which may have no row yet. */
interface Told {
  readonly ended: boolean
  readonly attempts: number
}

/** What the store knows of a run that is to go on. */
export class Resumption {
  readonly record: RunRecord
  /** The number of the last request that was made of it: what was asked of the process before is not asked of this one. */
  readonly requests: number
  readonly #runs: RunReads
  readonly #operations: ReadonlyMap<string, OperationRecord>
  readonly #told: ReadonlyMap<string, Told>
  readonly #memos: ReadonlyMap<string, readonly Memo[]>
  /** What its log has. */
  readonly #logged: number

  private constructor(
    runs: RunReads,
    record: RunRecord,
    requests: number,
    operations: readonly OperationRecord[],
    told: ReadonlyMap<string, Told>,
    memos: readonly Memo[],
    logged: number,
  ) {
    this.#runs = runs
    this.record = record
    this.requests = requests
    this.#operations = new Map(operations.map((each) => [each.id, each]))
    this.#told = told
    this.#logged = logged
    const byOperation = new Map<string, Memo[]>()
    for (const memo of memos) {
      const known = byOperation.get(memo.operationId)
      if (known) known.push(memo)
      else byOperation.set(memo.operationId, [memo])
    }
    this.#memos = byOperation
  }

  static async of(runs: RunReads, record: RunRecord): Promise<Resumption> {
    const { id } = record
    const told = new Map<string, Told>()
    let logged = 0
    for await (const page of pagesOf(runs, id, 0)) {
      for (const { operationId, chunk } of await unpack(page)) {
        const attempts = told.get(operationId)?.attempts ?? 0
        if (chunk.type === 'operation-end') told.set(operationId, { ended: true, attempts })
        else if (chunk.type === 'operation-reset' || chunk.type === 'operation-start')
          told.set(operationId, { ended: false, attempts: Math.max(attempts, chunk.attempt) })
      }
      logged = page.first + page.count - 1
    }
    const requests = (await runs.requests(id, 0)).at(-1)?.number ?? 0
    return new Resumption(runs, record, requests, await runs.operations(id), told, await runs.memos(id), logged)
  }

  /** Whoever had it last, if somebody has not given it back. */
  get token(): string | undefined {
    return this.record.lease?.token
  }

  /** How many chunks the run has said before it goes on. */
  get said(): number {
    return this.#logged + this.#untold.length
  }

  /** What is to be in the log before it goes on: ends that were recorded and not said any more. */
  get missing(): readonly Change[] {
    const untold = this.#untold
    if (untold.length === 0) return []
    const page = new PageWriter(this.#logged + 1)
    for (const { id, outcome, endedAt = new Date() } of untold) {
      const chunk = { type: 'operation-end', candidate: 0, metadata: NO_METADATA, ...(outcome as Outcome) } as const
      page.push(id, [chunk], endedAt.getTime())
    }
    return [{ type: 'log', runId: this.record.id, page: page.page() }]
  }

  /** Gives these, and what is inside of them, what is known: a result where one is kept, else what an attempt has to know. */
  tell(nodes: Iterable<Node>): void {
    for (const node of withInside(nodes)) {
      if (node.outcome?.status === 'completed') continue
      const record = this.#operations.get(node.operation.id)
      const completed = record?.outcome?.status === 'completed' && !record.lost
      node.outcome = completed ? record.outcome : undefined
      node.turn = completed ? {} : { ...this.memory(node, undefined).turn }
    }
  }

  /** What an operation said since it last began, from its log. */
  async saidBy(operationId: string): Promise<readonly Chunk[]> {
    let said: Chunk[] = []
    for await (const page of pagesOf(this.#runs, this.record.id, 0)) {
      for (const logged of await unpack(page)) {
        if (logged.operationId !== operationId || logged.seq > this.said) continue
        if (logged.chunk.type === 'operation-reset') said = []
        said.push(logged.chunk)
      }
    }
    return said
  }

  /** Undefined for what did not begin, and said nothing. */
  prior({ operation: { id } }: Node): Prior | undefined {
    const record = this.#operations.get(id)
    const told = this.#told.get(id)
    const said = told !== undefined || record?.outcome !== undefined
    if (!record && !said) return undefined
    return { attempts: Math.max(record?.attempts ?? 0, told?.attempts ?? 0), error: this.#reason(id, record), said }
  }

  memory({ operation: { id } }: Node, journal: Journal | undefined): Memory {
    return new Memory(id, journal, this.#memos.get(id))
  }

  /** Those that have ended as far as the store knows, and as far as the log tells have not. */
  get #untold(): readonly OperationRecord[] {
    return [...this.#operations.values()].filter(
      ({ id, outcome }) => outcome !== undefined && this.#told.get(id)?.ended !== true,
    )
  }

  #reason(id: string, record: OperationRecord | undefined): BraidError {
    const outcome = record?.outcome
    switch (outcome?.status) {
      case 'failed':
        return outcome.error
      case 'cancelled':
        if (outcome.reason instanceof BraidError) return outcome.reason
        return new BraidError('cancelled', `operation "${id}" was cancelled`, { operationId: id })
      case 'skipped':
        return new BraidError('not_completed', `operation "${id}" was skipped because of "${outcome.because}"`, {
          operationId: id,
        })
      case 'completed':
        return new BraidError('not_completed', `the result of operation "${id}" is nothing that could be kept`, {
          operationId: id,
        })
      default:
        return interrupted(this.record.id)
    }
  }
}
