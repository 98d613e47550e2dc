import { type Chunk, NO_METADATA } from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { AttemptContext } from './context.ts'
import { cancelled, drive } from './drive.ts'
import type { Lane } from './lane.ts'
import type { Log } from './log.ts'
import type { Ending } from './recorder.ts'

const NOW = Promise.resolve()

/** One operation that runs. */
interface Attempt {
  readonly node: Node
  readonly context: AttemptContext
  readonly lane: Lane
  readonly startedAt: Date
  /** Whether it has stopped, and its end is being recorded: too late to fence it. */
  stopped: boolean
  /** Resolves when its end was shown. */
  done: Promise<void>
}

/** Records how an operation ended, then shows it. Undefined when that could be done at once. */
export type OnEnd = (place: number, ending: Ending) => Promise<void> | undefined

/** The operations of a run that run now, by place: driven to their ends, or stopped, or fenced. Each ends once. */
export class Running {
  readonly #log: Log
  readonly #onEnd: OnEnd
  readonly #grace: number
  readonly #attempts = new Map<number, Attempt>()

  /** `grace`: how long what was cancelled may take to stop before it is reported and fenced, in milliseconds. */
  constructor(log: Log, grace: number, onEnd: OnEnd) {
    this.#log = log
    this.#grace = grace
    this.#onEnd = onEnd
  }

  get size(): number {
    return this.#attempts.size
  }

  get places(): number[] {
    return [...this.#attempts.keys()]
  }

  has(place: number): boolean {
    return this.#attempts.has(place)
  }

  begin(place: number, node: Node, context: AttemptContext, lane: Lane): void {
    const attempt: Attempt = { node, context, lane, startedAt: new Date(), stopped: false, done: NOW }
    this.#attempts.set(place, attempt)
    attempt.done = this.#drive(place, attempt)
  }

  /** Its end was shown. */
  delete(place: number): void {
    this.#attempts.delete(place)
  }

  /**
   * Stops these. Resolves when their ends were shown; one that has not stopped after the grace period is fenced: it has ended as far
   * as anyone can see, and can write nothing more.
   */
  async stop(places: readonly number[], reason: unknown): Promise<void> {
    const attempts = new Map(
      places.flatMap((place) => {
        const attempt = this.#attempts.get(place)
        return attempt ? [[place, attempt] as const] : []
      }),
    )
    for (const { context, lane } of attempts.values()) {
      context.cancel(reason)
      this.#log.release(lane)
    }
    // One that is stopped by what it does first has no promise of its end before that.
    await NOW
    const all = (): Promise<unknown> => Promise.all([...attempts.values()].map((attempt) => attempt.done))
    await within(this.#grace, all())
    for (const [place, attempt] of attempts) {
      if (attempt.stopped || this.#attempts.get(place) !== attempt) continue
      attempt.done = this.#fence(place, attempt, reason)
    }
    await all()
  }

  async #drive(place: number, attempt: Attempt): Promise<void> {
    const { node, context, lane, startedAt } = attempt
    this.#log.tell(lane, () => opening(node, context.attempt))
    const outcome = await drive(node, context, lane, this.#log)
    if (this.#attempts.get(place) !== attempt || attempt.stopped) return
    attempt.stopped = true
    await this.#onEnd(place, { node, outcome, changes: context.seal(), attempts: context.attempt, startedAt })
  }

  async #fence(place: number, attempt: Attempt, reason: unknown): Promise<void> {
    const { node, context, lane, startedAt } = attempt
    attempt.stopped = true
    process.emitWarning(
      `operation "${node.operation.id}" did not stop within ${this.#grace} ms of its signal; it was fenced and can write nothing more`,
      { code: 'BRAID_FENCED' },
    )
    const { partial } = context
    const outcome = cancelled(reason, partial)
    context.leave(partial)
    this.#log.append(lane, context.speech.close())
    await this.#onEnd(place, { node, outcome, changes: context.seal(), attempts: context.attempt, startedAt })
  }
}

/** The chunk with which an operation begins. */
export function opening(node: Node, attempt: number): Chunk {
  const { imodel } = node.operation.params
  const name = typeof imodel === 'object' && imodel !== null && 'name' in imodel ? imodel.name : imodel
  return {
    type: 'operation-start',
    kind: node.operation.kind,
    attempt,
    candidate: 0,
    metadata: NO_METADATA,
    ...(typeof name === 'string' ? { imodel: name } : {}),
  }
}

/** Resolves when it has, or when the time is up. */
async function within(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const up = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([done, up])
  clearTimeout(timer)
}
