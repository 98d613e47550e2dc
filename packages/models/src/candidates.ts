import { BraidError, type ChunkOf, type ModelChunk, onAbort, sumUsage } from '@braid/core'
import type { Batches, ManifestData } from '@braid/stream'

type Batch = readonly ModelChunk[]
type Finish = ChunkOf<'finish'>

/** How many requests one call makes, and how many of them are under way at once. */
export interface Fan {
  readonly requests: number
  readonly atOnce: number
}

/** Whether each answer of several is a request of its own, because the provider gives one to a request. */
export function isSimulated(data: ManifestData): boolean {
  return data.features?.multi_candidate?.support_type === 'simulated'
}

/** Throws `unsupported_parameter` for an `n` that is no count. */
export function fanOf(data: ManifestData, n = 1): Fan {
  if (!isSimulated(data)) return { requests: 1, atOnce: 1 }
  if (!Number.isInteger(n) || n < 1) {
    throw new BraidError('unsupported_parameter', `expected \`n\` for ${data.id} as a whole number from 1; got ${n}`)
  }
  return { requests: n, atOnce: data.features?.multi_candidate?.max_concurrent ?? n }
}

/**
 * Policy: several answers from requests of their own, as one stream, as if the provider had given them. `ask` makes one request.
 *
 * Each candidate keeps its order; between them the order is that of arrival. Of each, one batch is held for the reader and no more is asked for
 * until it is taken, so a candidate that says much waits for the reader, and none waits for another. Every `finish` comes at the end and
 * carries the usage of the whole call, which is not known before.
 *
 * Where one fails, the others are closed, what had come is given, and the stream fails. It ends when every socket has closed.
 */
export async function* candidates(fan: Fan, ask: (signal: AbortSignal) => Batches, signal: AbortSignal): Batches {
  const call = new Candidates(fan, ask, signal)
  try {
    for (let batch = await call.next(); batch !== undefined; batch = await call.next()) yield batch
  } finally {
    await call.close()
  }
}

interface Lane {
  readonly candidate: number
  readonly source: Batches
  /** Asked for a batch that the reader has not taken yet. */
  busy: boolean
}

class Candidates {
  readonly #fan: Fan
  readonly #ask: (signal: AbortSignal) => Batches
  readonly #signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #unlink: () => void
  readonly #running = new Set<Lane>()
  /** At most one batch of each lane, in the order in which they came. */
  readonly #arrived: { readonly lane: Lane; readonly batch: Batch }[] = []
  #finishes: Finish[] = []
  #asked = 0
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(fan: Fan, ask: (signal: AbortSignal) => Batches, signal: AbortSignal) {
    this.#fan = fan
    this.#ask = ask
    this.#signal = signal
    this.#unlink = onAbort(signal, (reason) => this.#abort.abort(reason))
  }

  /** Undefined at the end. Called by one reader, and not again before it has answered. */
  async next(): Promise<Batch | undefined> {
    for (;;) {
      this.#signal.throwIfAborted()
      if (this.#failure === undefined) this.#pull()
      const next = this.#arrived.shift()
      if (next !== undefined) {
        next.lane.busy = false
        const said = this.#keepFinish(next.batch)
        if (said.length > 0) return said
        continue
      }
      if (this.#failure !== undefined || this.#running.size === 0) {
        if (this.#finishes.length > 0) return this.#takeFinishes()
        if (this.#failure !== undefined) throw this.#failure.error
        return undefined
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Resolves when every socket has closed. */
  async close(): Promise<void> {
    this.#unlink()
    this.#abort.abort(new DOMException('the reader left', 'AbortError'))
    await Promise.all(Array.from(this.#running, ({ source }) => source.return()))
  }

  /** Asks every candidate that has nothing on its way, and begins those that there is room for. */
  #pull(): void {
    while (this.#asked < this.#fan.requests && this.#running.size < this.#fan.atOnce) {
      this.#running.add({ candidate: this.#asked++, source: this.#ask(this.#abort.signal), busy: false })
    }
    for (const lane of this.#running) {
      if (lane.busy) continue
      lane.busy = true
      lane.source.next().then(
        ({ done, value }) => {
          if (done) this.#running.delete(lane)
          else this.#arrived.push({ lane, batch: value.map((chunk) => numbered(chunk, lane.candidate)) })
          this.#wake?.()
        },
        (error: unknown) => {
          this.#failure ??= { error }
          // Nobody will read the others: their sockets close now, and not when the reader comes.
          this.#abort.abort(error)
          this.#wake?.()
        },
      )
    }
  }

  #keepFinish(batch: Batch): Batch {
    const said = batch.filter((chunk) => chunk.type !== 'finish')
    for (const chunk of batch) if (chunk.type === 'finish') this.#finishes.push(chunk)
    return said
  }

  #takeFinishes(): readonly Finish[] {
    const usage = sumUsage(this.#finishes.map((finish) => finish.usage))
    const finishes = this.#finishes.map((finish) => ({ ...finish, usage }))
    this.#finishes = []
    return finishes.sort((a, b) => a.candidate - b.candidate)
  }
}

/** As the pipeline numbers the candidates of one answer: block ids are unique in all of it, a provider's own ids stay as they are. */
function numbered(chunk: ModelChunk, candidate: number): ModelChunk {
  if (candidate === 0) return chunk
  switch (chunk.type) {
    case 'text-start':
    case 'text-delta':
    case 'text-end':
    case 'reasoning-start':
    case 'reasoning-delta':
    case 'reasoning-end':
    case 'refusal-start':
    case 'refusal-delta':
    case 'refusal-end':
    case 'source':
      return { ...chunk, candidate, id: `${candidate}/${chunk.id}` }
    default:
      return { ...chunk, candidate }
  }
}
