import { BraidError, type Chunk, type ErrorCode, type Outcome } from '@braid/core'
import { expect } from 'vitest'
import type { FlowChunk } from '../src/index.ts'
import type { Clock } from '../src/run/clock.ts'

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await turn()
}

export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function gate(): Gate {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

export interface Read {
  readonly tuples: FlowChunk[]
  /** What the loop threw, if it did. */
  readonly error: unknown
}

/** Reads to the end, whatever the end is. */
export async function read(stream: AsyncIterable<FlowChunk>): Promise<Read> {
  const tuples: FlowChunk[] = []
  try {
    for await (const tuple of stream) tuples.push(tuple)
    return { tuples, error: undefined }
  } catch (error) {
    return { tuples, error }
  }
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

/** The ends among these, by operation. */
export function endsOf(tuples: readonly FlowChunk[]): Map<string, Outcome> {
  const ends = new Map<string, Outcome>()
  for (const [id, chunk] of tuples) {
    if (chunk.type !== 'operation-end') continue
    expect(ends.has(id), `a second end of ${id}`).toBe(false)
    ends.set(id, chunk)
  }
  return ends
}

/** What one operation said, as words: its chunk types, and the text of deltas. */
export function saidBy(tuples: readonly FlowChunk[], id: string): string[] {
  return tuples.filter(([of]) => of === id).map(([, chunk]) => say(chunk))
}

export function say(chunk: Chunk): string {
  return chunk.type === 'text-delta' ? chunk.data : chunk.type
}

/** The error that this throws or rejects with, which has that code. */
export async function thrown(code: ErrorCode, run: () => unknown): Promise<BraidError> {
  const error: unknown = await (async () => run())().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error, 'expected it to fail').toBeInstanceOf(BraidError)
  expect((error as BraidError).code).toBe(code)
  return error as BraidError
}

/** A clock that stands still until it is told, and chance that is what it is told to be. What waits for no time at all waits for one turn. */
export class FakeClock implements Clock {
  chance = 0.5
  #time = 0
  readonly #timers = new Set<{ readonly at: number; readonly then: () => void }>()
  /** How long each wait was to be, in the order in which they began. */
  readonly waits: number[] = []

  now(): number {
    return this.#time
  }

  random(): number {
    return this.chance
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#time + ms, then }
    this.waits.push(ms)
    this.#timers.add(timer)
    if (ms === 0) void turn().then(() => this.#timers.delete(timer) && then())
    return () => this.#timers.delete(timer)
  }

  /** How many timers are running. */
  get running(): number {
    return this.#timers.size
  }

  /** Lets time pass, and whatever was waiting for it go on. */
  async pass(ms: number): Promise<void> {
    this.#time += ms
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.#time && this.#timers.delete(timer)) timer.then()
    }
    await turns(3)
  }
}
