import { BraidError, type Operation } from '@braid/core'
import type { Clock } from './clock.ts'
import { Cursor } from './cursor.ts'
import type { Lane } from './lane.ts'
import type { Members } from './members.ts'
import type { Readers } from './readers.ts'
import { Replay } from './replay.ts'
import type { RunEnd } from './run.ts'
import type { Opened, Selection, StreamSource } from './run-stream.ts'

/** How a run of this process is read. */
export interface LiveReading {
  readonly readers: Readers
  /** Milliseconds within which neighbouring deltas become one. */
  readonly coalesce: number | undefined
  /** The number of the last tuple that the readers have had already; without it, they begin wherever the run is. */
  readonly after?: number
  /** How many times faster than it was, what was is read. */
  readonly pace?: number | undefined
  /** Whether readers may come late, where the run is kept. */
  readonly replays: boolean
}

/** A run of this process, as it is read: from its log, and where it is kept, from the store first. */
export abstract class LiveSource implements StreamSource {
  abstract readonly runId: string
  abstract readonly begun: boolean
  readonly #reading: LiveReading

  constructor(reading: LiveReading) {
    this.#reading = reading
  }

  /** Without beginning the run. */
  abstract members(): Members
  abstract begin(): Members

  get after(): number {
    return this.#reading.after ?? 0
  }

  get clock(): Clock {
    return this.members().plan.session.clock
  }

  get heads(): ReadonlySet<string> {
    return this.members().heads
  }

  get hasEnded(): boolean {
    return this.members().run.hasEnded
  }

  idOf(operation: Operation | string): string {
    return this.members().idOf(operation)
  }

  speakingFor(ids: ReadonlySet<string>): (operationId: string) => boolean {
    const members = this.members()
    const speaks = members.speakingFor(ids)
    return (operationId) => {
      const lane = members.lane(operationId)
      return lane !== undefined && speaks(lane)
    }
  }

  open(selection?: Selection): Opened | undefined {
    const members = this.begin()
    return this.#reading.replays && members.run.journal?.logs
      ? this.#replayed(members, selection)
      : this.#followed(members, selection)
  }

  settled(): Promise<unknown> {
    return this.members().run.settled()
  }

  ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }> {
    return this.members().run.ended()
  }

  #replayed({ run, plan }: Members, selection: Selection | undefined): Opened | undefined {
    const { runs } = plan.session.store
    if (!runs) return undefined
    const { coalesce, pace } = this.#reading
    const tuples = new Replay({
      runId: this.runId,
      runs,
      clock: plan.session.clock,
      after: this.after,
      reads: selection && ((id) => selection.ids.has(id) || selection.speaks(id)),
      coalesce,
      pace,
      live: run,
      past: run.past,
      onEnd: () => run.settled(),
    })
    return { tuples, ids: selection?.ids ?? NONE }
  }

  #followed(members: Members, selection: Selection | undefined): Opened | undefined {
    const { run, plan } = members
    const { readers, coalesce, after } = this.#reading
    const lanes = selection && lanesOf(members, selection.ids)
    if (lanes?.size === 0) return undefined
    if (after !== undefined && after < run.log.length) throw gone(after, run.log.length)
    if (run.isOver && after === undefined) throw over()
    readers.enter()
    const tuples = new Cursor(run.log, {
      ...(lanes ? { reads: (lane) => lanes.has(lane) || selection?.speaks(lane.operationId) === true } : {}),
      ...(after === undefined || lanes ? {} : { after }),
      coalesce: coalesce === undefined ? undefined : { ms: coalesce, clock: plan.session.clock },
      onLeave: () => readers.leave(),
      onRetire: () => readers.retire(),
      onEnd: async () => void (await run.settled()),
    })
    return { tuples, ids: new Set(Array.from(lanes ?? [], (lane) => lane.operationId)) }
  }
}

const NONE: ReadonlySet<string> = new Set()

/** Of those that have something to say in this run; those that completed in an earlier one have not. */
function lanesOf(members: Members, ids: ReadonlySet<string>): ReadonlySet<Lane> {
  const lanes = new Set<Lane>()
  for (const id of ids) {
    const lane = members.lane(id)
    if (lane?.opened) throw late(id)
    if (lane) lanes.add(lane)
  }
  return lanes
}

function over(): BraidError {
  return new BraidError(
    'already_read',
    'this run is over and its chunks were not kept for later readers; take every reader before the first one reads, or await its results',
  )
}

function late(id: string): BraidError {
  return new BraidError(
    'already_read',
    `operation "${id}" has said something already that was not kept for this reader; take every reader before the first one reads`,
  )
}

function gone(after: number, said: number): BraidError {
  return new BraidError(
    'already_read',
    `this run has said ${said} chunks, and those after number ${after} were not kept for a later reader, as they are in a session on a file; take it right after \`detach\`, or await the results`,
  )
}
