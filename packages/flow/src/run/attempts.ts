import { BraidError, type Change, type Chunk, delayAfter, errorOf, NO_METADATA, type Outcome } from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { Spend } from './budget.ts'
import type { Clock } from './clock.ts'
import type { AttemptContext } from './context.ts'
import { Deadline } from './deadline.ts'
import { drive, type Tried } from './drive.ts'
import type { FlowHooks } from './hooks.ts'
import type { Lane } from './lane.ts'
import type { Log } from './log.ts'
import { Meter } from './meter.ts'
import type { Prior } from './resumption.ts'
import type { Ending } from './recorder.ts'

/** What attempts need of the run that they are made in. */
export interface Ground {
  readonly log: Log
  readonly clock: Clock
  /** How long what was told to stop may take before it is reported and fenced, in milliseconds. */
  readonly grace: number
  /** Stores what a failed attempt leaves on its branch for the next one. False when that was not possible. */
  keep(changes: readonly Change[]): Promise<boolean>
  readonly before: FlowHooks['beforeOperation']
  readonly spend: Spend | undefined
  /** What is known of an operation that another process has tried. */
  prior(node: Node): Prior | undefined
  /** What is to be written with what an attempt leaves that did not complete. */
  left(node: Node, attempt: number): readonly Change[]
  /** Told when an attempt begins. */
  began(node: Node, attempt: number, startedAt: Date): void
}

/** What one attempt of the operation works with. */
export type OpenAttempt = (attempt: number, meter: Meter) => AttemptContext

/** What an operation that was told to stop comes to. */
export type Stopped = Extract<Outcome, { readonly status: 'cancelled' | 'skipped' }>

const STOPPED: Tried = { status: 'stopped' }

/**
 * One operation while it runs: its attempts, one after the other, until one is its end. It keeps its slot and its branch's turn while it
 * waits for the next one.
 *
 * Invariants: at most one attempt can write, since the one before is sealed, whether it stopped or was fenced; the reset is said before
 * anything that the new attempt says.
 */
export class Attempts {
  readonly #node: Node
  readonly #lane: Lane
  readonly #ground: Ground
  readonly #open: OpenAttempt
  readonly #meter: Meter
  readonly #startedAt = new Date()
  readonly #since: number
  readonly #prior: Prior | undefined
  #context: AttemptContext
  #stopped: Stopped | undefined
  /** Ends the attempt under way, whatever it does itself. */
  #settle: ((tried: Tried) => void) | undefined
  /** Ends the wait for the next attempt. */
  #wake: (() => void) | undefined

  constructor(node: Node, lane: Lane, ground: Ground, open: OpenAttempt) {
    this.#node = node
    this.#lane = lane
    this.#ground = ground
    this.#open = open
    this.#since = ground.clock.now()
    this.#meter = new Meter(ground.spend)
    this.#prior = ground.prior(node)
    this.#context = open((this.#prior?.attempts ?? 0) + 1, this.#meter)
  }

  /** Never rejects. */
  async run(): Promise<Ending> {
    const { log } = this.#ground
    for (const chunk of openings(this.#node, this.#prior)) log.tell(this.#lane, () => chunk)
    this.#began()
    for (;;) {
      const tried = await this.#once(this.#context)
      const changes = this.#context.seal()
      if (tried.status !== 'failed') return this.#end(tried, changes)
      const verdict = this.#judge(tried.error)
      if (typeof verdict !== 'number') return this.#end({ status: 'failed', error: verdict }, changes)
      if (!(await this.#keep(changes))) return this.#end(tried, changes)
      await this.#pause(verdict)
      // Law 5 holds for what many attempts say, too.
      for (let room = log.wait(this.#lane); room && !this.#stopped; room = log.wait(this.#lane)) await room
      if (this.#stopped) return this.#end(STOPPED, [])
      this.#context = this.#open(this.#context.attempt + 1, this.#meter)
      log.tell(this.#lane, () => reset(this.#context.attempt, tried.error))
      this.#began()
    }
  }

  #began(): void {
    this.#ground.began(this.#node, this.#context.attempt, this.#startedAt)
  }

  /** Tells it to stop, and what it comes to then: the attempt under way, and there will be no other. */
  stop(reason: unknown, outcome: Stopped): void {
    this.#stopped ??= outcome
    this.#context.cancel(reason)
    this.#ground.log.release(this.#lane)
    this.#wake?.()
  }

  /** Ends the attempt under way without its help: from now on it can say and write nothing. Too late when its end is being recorded. */
  fence(): void {
    const settle = this.#settle
    if (!settle) return
    const { log, grace } = this.#ground
    process.emitWarning(
      `operation "${this.#node.operation.id}" did not stop within ${grace} ms of its signal; it was fenced and can write nothing more`,
      { code: 'BRAID_FENCED' },
    )
    this.#context.leave()
    log.append(this.#lane, this.#context.speech.close())
    this.#context.seal()
    settle(STOPPED)
  }

  /** One attempt, until it ends or is fenced. One that took too long has failed. */
  async #once(context: AttemptContext): Promise<Tried> {
    const unlimit = this.#limit(context)
    const tried = await new Promise<Tried>((resolve) => {
      this.#settle = resolve
      void drive(this.#node, context, this.#lane, this.#ground).then(resolve)
    })
    this.#settle = undefined
    unlimit?.()
    this.#meter.close()
    if (tried.status !== 'stopped' || this.#stopped) return tried
    return { status: 'failed', error: errorOf(this.#node.operation.id, context.cancelled?.reason) }
  }

  /** Gives up an attempt that takes too long. Returns the way to stop watching it. */
  #limit(context: AttemptContext): (() => void) | undefined {
    const { operation, timeout } = this.#node
    if (timeout === undefined) return undefined
    const { log, clock, grace } = this.#ground
    let stop = (): void => {}
    const deadline = new Deadline(clock, timeout, () => {
      context.cancel(late(operation.id, context.attempt, timeout))
      log.release(this.#lane)
      stop = clock.after(grace, () => this.fence())
    })
    context.deadline = deadline
    return () => {
      deadline.end()
      stop()
    }
  }

  /** What a failure comes to: the milliseconds until another attempt, or the error that the operation ends with. */
  #judge(error: BraidError): number | BraidError {
    const { operation, retry } = this.#node
    const attempt = this.#context.attempt - (this.#prior?.attempts ?? 0)
    if (!retry || attempt >= retry.attempts) return error
    try {
      // What a model of its own `retry` has given up is not tried all over again: the two do not multiply.
      const again = retry.on ? retry.on(error) : error.retryable && error.attempts === undefined
      return again ? delayAfter(attempt, retry, error, this.#ground.clock.random()) : error
    } catch (thrown) {
      return errorOf(operation.id, thrown)
    }
  }

  /**
   * A turn's instruction and partial answer stay on the branch, and the next attempt goes on from there. What a user's own function
   * appended it will append again, so that is dropped.
   */
  async #keep(changes: readonly Change[]): Promise<boolean> {
    const { kind } = this.#node
    if (kind.type !== 'built-in') return true
    const left = this.#ground.left(this.#node, this.#context.attempt)
    const kept = kind.of.takesTurn ? [...changes, ...left] : left
    return kept.length === 0 || this.#ground.keep(kept)
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>((resolve) => {
      const stop = this.#ground.clock.after(ms, resolve)
      this.#wake = () => {
        stop()
        resolve()
      }
    })
    this.#wake = undefined
  }

  #end(tried: Tried, sealed: readonly Change[]): Ending {
    const left = tried.status === 'completed' ? [] : this.#ground.left(this.#node, this.#context.attempt)
    const changes = left.length === 0 ? sealed : [...sealed, ...left]
    return {
      node: this.#node,
      outcome: this.#outcome(tried),
      changes,
      attempts: this.#context.attempt,
      startedAt: this.#startedAt,
    }
  }

  #outcome(tried: Tried): Outcome {
    const { usage } = this.#meter
    if (tried.status === 'completed') {
      const durationMs = this.#ground.clock.now() - this.#since
      return { status: 'completed', result: tried.result, usage, durationMs, attempts: this.#context.attempt }
    }
    const used = this.#meter.used ? { usage } : {}
    const { partial } = this.#context
    const left = { ...(partial ? { partial } : {}), ...used }
    if (tried.status === 'failed') return { status: 'failed', error: tried.error, ...left }
    const stopped = this.#stopped as Stopped
    return stopped.status === 'skipped' ? { ...stopped, ...used } : { ...stopped, ...left }
  }
}

/** What is said when an operation begins: for the first time, or anew, where readers are to forget what another process told them. */
export function openings(node: Node, prior: Prior | undefined): readonly Chunk[] {
  if (!prior?.said) return [opening(node, (prior?.attempts ?? 0) + 1)]
  const again = reset(prior.attempts + 1, prior.error)
  // One that never started has yet to say so.
  return prior.attempts === 0 ? [again, opening(node, 1)] : [again]
}

/** The chunk with which an operation begins. */
function opening(node: Node, attempt: number): Chunk {
  const { imodel } = node.operation.params
  const name = typeof imodel === 'object' && imodel !== null && 'name' in imodel ? imodel.name : imodel
  return {
    type: 'operation-start',
    kind: node.operation.kind,
    attempt,
    ...(typeof name === 'string' ? { imodel: name } : {}),
    candidate: 0,
    metadata: NO_METADATA,
  }
}

function reset(attempt: number, error: BraidError): Chunk {
  return { type: 'operation-reset', attempt, error, candidate: 0, metadata: NO_METADATA }
}

function late(id: string, attempt: number, timeout: number): BraidError {
  return new BraidError('timeout', `attempt ${attempt} of operation "${id}" did not end within ${timeout} ms`, {
    operationId: id,
  })
}
