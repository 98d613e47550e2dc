import { type FinishReason, type ModelChunk, NO_METADATA, NO_USAGE, type Usage } from '@braid/core'
import type { ManifestData } from '../manifest-data.ts'
import { newPlace, type Place } from '../mapper/scope.ts'
import { providerErrorOf } from '../provider-error.ts'
import type { Metadata } from './calls.ts'
import { Candidate } from './candidate.ts'
import type { UsageReader } from './usage-reader.ts'

/** What an answer must know of its protocol. */
export interface AnswerRules {
  readonly data: ManifestData
  readonly usage: UsageReader
  readonly finishReasons: ReadonlyMap<string, FinishReason>
}

const NONE: readonly ModelChunk[] = Object.freeze([])

/** One answer of a provider while it is made: its candidates, its usage, and whether it has come to its end. */
export class Answer {
  /** The candidate that rules speak of. */
  current: Candidate
  readonly #rules: AnswerRules
  /** Both since the last `take`. */
  #said: ModelChunk[] | undefined
  #place: Place | undefined
  readonly #candidates = new Map<number, Candidate>()
  #usage: Usage = NO_USAGE
  #ended = false

  constructor(rules: AnswerRules) {
    this.#rules = rules
    this.current = new Candidate(0, this)
    this.#candidates.set(0, this.current)
  }

  /** Whose answer it is, by its manifest. */
  get provider(): string {
    return this.#rules.data.id
  }

  /** Where the walk through the frame is. */
  get place(): Place {
    this.#place ??= newPlace()
    return this.#place
  }

  /** The frame that is being read; undefined between frames. */
  get frame(): unknown {
    return this.#place?.values[0]
  }

  /** Whether the protocol's last event has been read and every `finish` given. */
  get ended(): boolean {
    return this.#ended
  }

  /** Whether it may end here, as the protocol defines it. */
  get complete(): boolean {
    if (this.#ended) return true
    switch (this.#rules.data.streaming.completion) {
      case 'finish_reason': {
        let any = false
        for (const candidate of this.#candidates.values()) {
          if (candidate.concluded) any = true
          else if (candidate.started) return false
        }
        return any
      }
      case 'stop_event':
        return false
      case 'clean_end':
        return this.current.started
      default:
        return this.#rules.data.streaming.completion satisfies never
    }
  }

  /** Of the whole call: providers do not count candidates apart. */
  get usage(): Usage {
    return this.#usage
  }

  /** Whether anything has been said. */
  get started(): boolean {
    for (const candidate of this.#candidates.values()) if (candidate.started) return true
    return false
  }

  say(chunk: ModelChunk): void {
    if (this.#said === undefined) this.#said = [chunk]
    else this.#said.push(chunk)
  }

  /** What one read of the wire gave. Nothing of its frames is kept here: thousands of streams may wait for their next. */
  take(): readonly ModelChunk[] {
    const said = this.#said ?? NONE
    this.#said = undefined
    this.#place = undefined
    return said
  }

  /** Makes the candidate with this number the one that rules speak of; `position` where it has no number. */
  turnTo(number: unknown, position: number): void {
    const index = typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : position
    if (this.current.index === index) return
    let candidate = this.#candidates.get(index)
    if (!candidate) {
      candidate = new Candidate(index, this)
      this.#candidates.set(index, candidate)
    }
    this.current = candidate
  }

  count(raw: unknown, metadata: Metadata): void {
    if (typeof raw !== 'object' || raw === null) return
    this.#usage = this.#rules.usage(raw, this.#usage)
    // Nothing may come before `message-start`; what is known already is in `finish` in any case.
    if (!this.current.started) return
    this.say({
      type: 'usage',
      candidate: this.current.index,
      metadata,
      rawResponse: this.frame,
      usage: this.#usage,
    })
  }

  /** Counts that stand outside the provider's usage object: they fill what it leaves open, and are no part of `raw`. */
  tally(counts: unknown): void {
    if (typeof counts !== 'object' || counts === null) return
    const { raw: _, ...known } = this.#rules.usage(counts, NO_USAGE)
    this.#usage = { ...known, ...this.#usage }
  }

  finishReason(raw: string): FinishReason {
    return this.#rules.finishReasons.get(raw) ?? 'other'
  }

  /** The frame is one that nobody knows. */
  unknown(metadata: Metadata = NO_METADATA): void {
    this.say({ type: 'raw', candidate: this.current.index, metadata, rawResponse: this.frame })
  }

  /** The protocol says that it is over. Closes what is open and gives every candidate's `finish`. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    const started = [...this.#candidates.values()].filter((candidate) => candidate.started)
    for (const candidate of started.length > 0 ? started : [this.current]) candidate.finish()
  }

  /** The frame is the provider's error. */
  fail(): never {
    throw providerErrorOf(this.#rules.data, this.frame, { where: 'in the middle of its stream' })
  }
}
