import { chunkJson, json } from './chunk-json.ts'
import type { Clock } from './clock.ts'
import type { FlowChunk } from './tuples.ts'
import type { RunEnd } from './run.ts'

/** What server-sent events are made from. */
export interface EventSource {
  readonly runId: string
  /** Whether there is something to read before anyone reads. */
  readonly begun: boolean
  /** What is read, and the number of the last tuple that was. */
  open(): AsyncIterator<FlowChunk, undefined> & { readonly seq: number }
  ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }>
  clock(): Clock
}

/** So often something is said to a client that waits, so that nobody in between takes the connection for dead. */
const KEEP_ALIVE_MS = 15_000

/**
 * A run as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): each tuple is one event without a name, its
 * `id` its number; how the run ended is an event named `end`, the last. Leaving the body is leaving the run.
 */
export function eventResponse(source: EventSource): Response {
  return new Response(new ReadableStream<Uint8Array>(new Events(source), { highWaterMark: 0 }), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-braid-run': source.runId },
  })
}

/** One event for each that the client wants. While it wants none, nothing is read and no timer runs. */
class Events {
  readonly #source: EventSource
  readonly #encoder = new TextEncoder()
  #tuples: ReturnType<EventSource['open']> | undefined
  #left = false

  constructor(source: EventSource) {
    this.#source = source
    if (source.begun) this.#tuples = source.open()
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const say = (event: string): void => controller.enqueue(this.#encoder.encode(event))
    this.#tuples ??= this.#source.open()
    const tuples = this.#tuples
    const stop = this.#keepAlive(() => {
      if (controller.desiredSize === 0) say(':\n\n')
    })
    const next = await tuples.next().catch(() => undefined)
    stop()
    if (this.#left) return
    if (next?.done === false) {
      const [id, chunk] = next.value
      return say(`id: ${tuples.seq}\ndata: ${chunkJson(id, chunk)}\n\n`)
    }
    say(`event: end\ndata: ${json(await this.#source.ended())}\n\n`)
    controller.close()
  }

  async cancel(): Promise<void> {
    this.#left = true
    await this.#tuples?.return?.()
  }

  #keepAlive(beat: () => void): () => void {
    const clock = this.#source.clock()
    let stop = (): void => {}
    const arm = (): void => {
      stop = clock.after(KEEP_ALIVE_MS, () => {
        arm()
        beat()
      })
    }
    arm()
    return () => stop()
  }
}
