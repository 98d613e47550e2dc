import { BraidError, type Chunk, newId, type Operation, type Results } from '@braid/core'
import { speaksFor, withInside } from '../builder/group.ts'
import { nodeOf } from '../builder/node.ts'
import { headsOf, type Plan, type Resolved, resolvePlan } from '../builder/plan.ts'
import { Cursor, type FlowChunk } from './cursor.ts'
import type { Lane } from './lane.ts'
import { checkOptions, type FlowOptions } from './options.ts'
import { Reading } from './reading.ts'
import { type Progress, Run } from './run.ts'

/**
 * A run, as it is read. Nothing starts before something is read or awaited. Every way of reading it is a reader of its own; take them
 * before the first one reads, for what was said before a reader came is not kept for it. Leaving the last reader cancels the run;
 * awaiting `results` is a reader that never leaves.
 */
export class FlowStream implements AsyncIterable<FlowChunk> {
  readonly runId = newId()
  readonly #plan: Plan
  readonly #options: FlowOptions
  readonly #attended: boolean
  #started: Started | undefined
  readonly #laneById = new Map<string, Lane>()
  #readers = 0
  readonly #cursors: Cursor[] = []
  #results: Promise<Results> | undefined

  /** `attended`: whether whoever made it can answer a call that asks for approval. */
  constructor(plan: Plan, options: FlowOptions = {}, attended = true) {
    checkOptions(options)
    // Misuse throws here; the plan is looked up again when the run begins.
    resolvePlan(plan, options.fresh === true)
    this.#plan = plan
    this.#options = options
    this.#attended = attended
  }

  /** What became of everything in the plan. Rejects with `run_failed`, or with the reason for which the run was cancelled. */
  get results(): Promise<Results> {
    if (!this.#results) {
      this.#readers += 1
      this.#results = this.#begin().run.settled()
      // Who loops learns it from the loop; a promise that nobody awaits is no second, unhandled error.
      this.#results.catch(() => {})
    }
    return this.#results
  }

  /** One operation's result, as soon as it has completed. Rejects as `results` does when it does not complete. */
  async result<T>(operation: Operation<T>): Promise<T> {
    const results = this.results
    const lane = this.#lanes.get(this.#idOf(operation))
    // Without a lane, it completed in an earlier run.
    const outcome = lane ? await lane.whenClosed() : nodeOf(operation)?.outcome
    return outcome?.status === 'completed' ? (outcome.result as T) : (await results).get(operation)
  }

  get progress(): Progress {
    return this.#prepare().run.progress
  }

  /** The number of the tuple handed out last, from 1; 0 before the first. */
  get seq(): number {
    return this.#cursors.reduce((seq, cursor) => Math.max(seq, cursor.seq), 0)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<FlowChunk, undefined> {
    const cursor = this.#read()
    this.#cursors.push(cursor)
    return cursor
  }

  /** The chunks of one operation, up to and including its `operation-end`. None for one that completed in an earlier run. */
  operation(operation: Operation | string): AsyncIterableIterator<Chunk> {
    const ids = new Set([this.#idOf(operation)])
    return new Reading((open) => this.#chunks(ids, open))
  }

  /**
   * The text of one operation; without one, of those that nothing depends on. Rejects as `results` does when what it reads
   * does not complete.
   */
  text(operation?: Operation | string): AsyncIterableIterator<string> {
    const ids = operation === undefined ? headsOf(this.#prepare().plan) : new Set([this.#idOf(operation)])
    return new Reading((open) => this.#text(ids, open))
  }

  /** Resolves when every operation has stopped or been fenced. What is read or awaited then rejects with the reason. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#prepare().run.cancel(asError(reason, 'the run was cancelled'))
  }

  /** One operation alone; what depends on it is skipped. Resolves when it has stopped or been fenced. */
  async cancelOperation(operation: Operation | string, reason?: unknown): Promise<void> {
    const { run } = this.#prepare()
    const id = this.#idOf(operation)
    const lane = this.#lanes.get(id)
    // What completed in an earlier run has no lane, and nothing to stop.
    if (!lane) return
    await run.cancelOperation(lane.index, asError(reason, `operation "${id}" was cancelled`))
  }

  /**
   * Lets a call run that asked first: the `approvalId` is that of its `tool-approval-request` chunk. Rejects with `unknown_approval` when no call of this
   * run waits for it, or it was answered already.
   */
  async approve(approvalId: string): Promise<void> {
    this.#prepare().run.approvals.answer(approvalId, { approved: true })
  }

  /** Does not let it run. The model reads that it was denied, and the reason. Rejects as `approve` does. */
  async deny(approvalId: string, reason?: string): Promise<void> {
    const said = reason === undefined ? {} : { reason }
    this.#prepare().run.approvals.answer(approvalId, { approved: false, ...said })
  }

  #prepare(): Started {
    if (!this.#started) {
      const plan = resolvePlan(this.#plan, this.#options.fresh === true)
      const run = new Run(this.runId, plan, this.#options, this.#attended)
      this.#started = { plan, run }
    }
    return this.#started
  }

  /** By operation id. Made when one is asked for. */
  get #lanes(): ReadonlyMap<string, Lane> {
    const { lanes } = this.#prepare().run
    // Lanes are only added, of what is built at run time.
    for (const lane of lanes.slice(this.#laneById.size)) this.#laneById.set(lane.operationId, lane)
    return this.#laneById
  }

  #begin(): Started {
    const started = this.#prepare()
    void started.run.start()
    return started
  }

  /** The id of one of this plan. Throws `unknown_operation` and `foreign_operation`. */
  #idOf(operation: Operation | string): string {
    const id = typeof operation === 'string' ? operation : operation.id
    const { plan, run } = this.#prepare()
    const lane = this.#lanes.get(id)
    const node = lane ? run.nodeOf(lane) : [...withInside(plan.nodes)].find((each) => each.operation.id === id)
    if (!node) throw new BraidError('unknown_operation', `no operation "${id}" is part of this run`)
    if (typeof operation === 'string' || node.operation === operation) return id
    throw new BraidError(
      'foreign_operation',
      `operation "${id}" of this run is not the one asked for, which belongs to another builder`,
    )
  }

  #read(reads?: (lane: Lane) => boolean): Cursor {
    const { run } = this.#begin()
    if (run.isOver) {
      throw new BraidError(
        'already_read',
        'this run is over and its chunks were not kept for later readers; take every reader before the first one reads, or await `results`',
      )
    }
    this.#readers += 1
    return new Cursor(run.log, {
      ...(reads ? { reads } : {}),
      onLeave: async () => {
        this.#readers -= 1
        if (this.#readers === 0) await run.cancel(new BraidError('cancelled', 'the last reader left the run'))
      },
      onEnd: async () => void (await run.settled()),
    })
  }

  async *#chunks(ids: ReadonlySet<string>, onOpen: (cursor: Cursor) => void): AsyncGenerator<Chunk, void> {
    for await (const [, chunk] of this.#tuples(ids, () => false, onOpen)) yield chunk
  }

  /** The text of a group is the text of what it returns. */
  async *#text(ids: ReadonlySet<string>, onOpen: (cursor: Cursor) => void): AsyncGenerator<string, void> {
    const { plan, run } = this.#prepare()
    const groups = plan.open.filter(({ kind, operation }) => kind.type === 'group' && ids.has(operation.id))
    const speaks = (lane: Lane): boolean => groups.some((group) => speaksFor(run.nodeOf(lane), group))
    let whole = true
    for await (const [id, chunk] of this.#tuples(ids, speaks, onOpen)) {
      if (chunk.type === 'text-delta' && chunk.candidate === 0) yield chunk.data
      if (chunk.type === 'operation-end' && chunk.status !== 'completed' && ids.has(id)) whole = false
    }
    if (!whole) await run.settled()
  }

  /** What these and those like them say, until each of these has ended. The reader does not leave then; it has nothing more to read. */
  async *#tuples(
    ids: ReadonlySet<string>,
    reads: (lane: Lane) => boolean,
    onOpen: (cursor: Cursor) => void,
  ): AsyncGenerator<FlowChunk, void> {
    this.#begin()
    const lanes = new Set<Lane>()
    for (const id of ids) {
      // What completed in an earlier run has no lane, and nothing to say.
      const lane = this.#lanes.get(id)
      if (lane?.opened) throw late(id)
      if (lane) lanes.add(lane)
    }
    if (lanes.size === 0) return
    const cursor = this.#read((lane) => lanes.has(lane) || reads(lane))
    onOpen(cursor)
    let open = lanes.size
    try {
      while (open > 0) {
        const next = await cursor.next()
        if (next.done) return
        const [id, chunk] = next.value
        if (chunk.type === 'operation-end' && ids.has(id)) open -= 1
        yield next.value
      }
    } finally {
      if (open > 0) await cursor.return()
      else if (cursor.retire()) this.#readers -= 1
    }
    // Who has read the last end there is may run the plan again at once.
    const { run } = this.#prepare()
    if (run.hasEnded) await run.settled().catch(() => {})
  }
}

/** A run, and the plan as it was when it began. */
interface Started {
  readonly plan: Resolved
  readonly run: Run
}

function asError(reason: unknown, message: string): unknown {
  return reason instanceof Error
    ? reason
    : new BraidError('cancelled', message, reason === undefined ? {} : { cause: reason })
}

function late(id: string): BraidError {
  return new BraidError(
    'already_read',
    `operation "${id}" has said something already that was not kept for this reader; take every reader before the first one reads`,
  )
}
