import { random } from '../random.ts'
import type { Step } from './step.ts'

/**
 * Where the bytes of an answer are cut into network chunks: `frame` sends one frame at a time, `whole` everything at once (in pieces of
 * at most a megabyte), a number that many bytes at a time, and `{ seed, max }` between 1 and `max` bytes (default 64) at random,
 * the same for the same seed.
 *
 * @example
 * server.replay('answer.sse', { cut: 1 })
 * server.replay('answer.sse', { cut: { seed: 42, max: 100 } })
 */
export type Cut = 'frame' | 'whole' | number | { readonly seed: number; readonly max?: number }

/**
 * How fast, and in which pieces.
 *
 * @example
 * server.reply('Hello there', { delay: 200, interval: 20, cut: 'frame' })
 */
export interface Pace {
  /** Milliseconds before anything is sent, the status line included. Default: 0. */
  readonly delay?: number
  /** Milliseconds between network chunks. Default: 0, which is one turn of the event loop. */
  readonly interval?: number
  /** Default: `frame`. */
  readonly cut?: Cut
}

const WHOLE = 1024 * 1024

/** The same bytes in other chunks. Bytes never pass a step that is no bytes: what is held back goes out before it. */
export function recut(steps: Iterable<Step>, cut: Cut): Iterable<Step> {
  if (cut === 'frame') return steps
  return inPieces(steps, sizes(cut))
}

function sizes(cut: Exclude<Cut, 'frame'>): () => number {
  if (cut === 'whole') return () => WHOLE
  if (typeof cut === 'number') return () => Math.max(1, cut)
  const next = random(cut.seed)
  const max = cut.max ?? 64
  return () => 1 + Math.floor(next() * max)
}

function* inPieces(steps: Iterable<Step>, nextSize: () => number): Generator<Step> {
  let held: Uint8Array[] = []
  let room = nextSize()
  for (const step of steps) {
    if (step.type !== 'bytes') {
      if (held.length > 0) yield joined(held)
      held = []
      room = nextSize()
      yield step
      continue
    }
    let { bytes } = step
    while (bytes.length >= room) {
      yield joined([...held, bytes.subarray(0, room)])
      held = []
      bytes = bytes.subarray(room)
      room = nextSize()
    }
    if (bytes.length > 0) held.push(bytes)
    room -= bytes.length
  }
  if (held.length > 0) yield joined(held)
}

function joined(pieces: readonly Uint8Array[]): Step {
  const [first] = pieces
  return { type: 'bytes', bytes: pieces.length === 1 && first ? first : Buffer.concat(pieces) }
}
