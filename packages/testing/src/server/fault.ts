import { BraidError, closest } from '@braid/core'
import { random } from '../random.ts'
import type { Anatomy } from '../wire/wire.ts'
import { HEAD, type Step } from './step.ts'

/**
 * A place in an answer's body: so many frames from its beginning, and then so many bytes. `{ frames: 0 }` is right after the headers. A
 * place beyond the end is the end. The default of every fault is in the middle of what the model says: after the first frame
 * that says text, or in the middle of a body that is a single frame.
 *
 * @example
 * { frames: 2, bytes: 10 } // ten bytes into the third frame
 */
export interface Place {
  readonly frames?: number
  readonly bytes?: number
}

/**
 * How an answer goes wrong on the wire. It works on what is scripted and on what is replayed alike.
 *
 * @example
 * server.reply('Hello there', { fault: { type: 'reset' } })
 * server.reply('Hello there', { fault: { type: 'stall', after: { frames: 2 }, until: gate } })
 * server.replay('answer.sse', { fault: { type: 'truncate', after: { bytes: 1000 } } })
 */
export type Fault =
  /** Silence: after `request` not even the headers come. It ends when `until` settles, or with the connection. */
  | { readonly type: 'stall'; readonly after?: Place | 'request'; readonly until?: PromiseLike<unknown> }
  /** The connection breaks (TCP RST); by default in the middle of the frame after the first that says text. */
  | { readonly type: 'reset'; readonly after?: Place | 'request' }
  /** The answer ends, cleanly, before its protocol does; by default with everything said and the end missing. */
  | { readonly type: 'truncate'; readonly after?: Place }
  /** Random bytes (64 unless told) that are nobody's frame, the same for the same seed, and then the rest. */
  | { readonly type: 'garbage'; readonly after?: Place; readonly size?: number; readonly seed?: number }
  /** A frame whose content is cut off, so that it does not parse, and then the rest. */
  | { readonly type: 'malformed-frame'; readonly after?: Place }
  /** The answer ends on two of the three bytes of `€`. */
  | { readonly type: 'half-character'; readonly after?: Place }
  /** The first frame that says text again and again, as fast as the client reads. */
  | { readonly type: 'endless'; readonly after?: Place }
  /** One frame of this many bytes (64 MiB unless told), and then the rest. */
  | { readonly type: 'huge-frame'; readonly after?: Place; readonly size?: number }
  /** The API reports an error where the stream would have gone on, and ends it. Default: its error for a 500. */
  | {
      readonly type: 'error-frame'
      readonly after?: Place
      readonly status?: number
      readonly message?: string
      readonly errorType?: string
    }
  /** A page of HTML with status 200 instead of the answer, as proxies and captive portals send it. */
  | { readonly type: 'html' }

const TYPES: Readonly<Record<Fault['type'], true>> = {
  stall: true,
  reset: true,
  truncate: true,
  garbage: true,
  'malformed-frame': true,
  'half-character': true,
  endless: true,
  'huge-frame': true,
  'error-frame': true,
  html: true,
}

/** Throws `invalid_request`, with the closest name, for what is no fault: misuse shows where the answer is scripted, and not where a client meets it. */
export function checkFault(fault: Fault | undefined): void {
  if (fault === undefined) return
  const type: unknown = typeof fault === 'object' ? fault?.type : undefined
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return
  const names = Object.keys(TYPES)
  const given = String(type ?? fault)
  const meant = closest(given, names)
  throw new BraidError(
    'invalid_request',
    `expected \`fault\` to be { type }, with a type among ${names.join(', ')}; got ${type === undefined ? '' : 'the type '}'${given}'${meant === undefined ? '' : `. Did you mean { type: '${meant}' }?`}`,
  )
}

export interface Body {
  readonly frames: readonly Uint8Array[]
  readonly anatomy: Anatomy
  readonly errorFrame: (fault: Extract<Fault, { type: 'error-frame' }>) => string | Uint8Array
}

export const HTML = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n'

/** A body's way over the wire, with what goes wrong on it. Throws where the fault has no place in this body. */
export function misbehave(body: Body, fault: Fault | undefined): Iterable<Step> {
  if (fault === undefined || fault.type === 'html') return headAnd(body.frames)
  switch (fault.type) {
    case 'stall': {
      const silence: Step = { type: 'silence', until: fault.until }
      if (fault.after === 'request') {
        return fault.until ? [silence, ...headAnd(body.frames)] : [silence]
      }
      const [before, rest] = split(body, fault.after)
      return [...headAnd(before), silence, ...(fault.until ? rest.map(bytes) : [])]
    }
    case 'reset': {
      if (fault.after === 'request') return [{ type: 'reset' }]
      const [before] = split(body, fault.after ?? midFrame(body))
      return [...headAnd(before), { type: 'reset' }]
    }
    case 'truncate': {
      const [before] = split(body, fault.after ?? beforeTheEnd(body))
      return headAnd(before)
    }
    case 'garbage': {
      const [before, rest] = split(body, fault.after)
      return headAnd([...before, noise(fault.size ?? 64, fault.seed ?? 1), ...rest])
    }
    case 'malformed-frame': {
      const { before, head, end, rest } = atText(body, fault)
      return headAnd([...before, head, end, ...rest])
    }
    case 'half-character': {
      const { before, head } = atText(body, fault)
      return headAnd([...before, head, Buffer.from('€').subarray(0, 2)])
    }
    case 'endless': {
      const { before, head, frame, single } = atText(body, fault)
      return headAnd(endless(single ? [head] : before, single ? Buffer.from('and so on ') : frame))
    }
    case 'huge-frame': {
      const { before, head, tail, rest } = atText(body, fault)
      return headAnd(huge(before, head, tail, rest, fault.size ?? 64 * 1024 * 1024))
    }
    case 'error-frame': {
      const [before] = split(body, fault.after)
      return headAnd([...before, asBytes(body.errorFrame(fault))])
    }
    default:
      return fault satisfies never
  }
}

const asBytes = (frame: string | Uint8Array): Uint8Array => (typeof frame === 'string' ? Buffer.from(frame) : frame)
const bytes = (frame: Uint8Array): Step => ({ type: 'bytes', bytes: frame })

function* headAnd(frames: Iterable<Uint8Array>): Generator<Step> {
  yield HEAD
  for (const frame of frames) yield bytes(frame)
}

function* endless(before: readonly Uint8Array[], frame: Uint8Array): Generator<Uint8Array> {
  yield* before
  for (;;) yield frame
}

/** In pieces, so that a frame of any size costs a piece's memory here. */
function* huge(
  before: readonly Uint8Array[],
  head: Uint8Array,
  tail: Uint8Array,
  rest: readonly Uint8Array[],
  size: number,
): Generator<Uint8Array> {
  yield* before
  yield head
  const piece = Buffer.alloc(64 * 1024, 'x')
  for (let left = size - head.length - tail.length; left > 0; left -= piece.length) {
    yield left < piece.length ? piece.subarray(0, left) : piece
  }
  yield tail
  yield* rest
}

function noise(size: number, seed: number): Uint8Array {
  const next = random(seed)
  return Uint8Array.from({ length: size }, () => Math.floor(next() * 256))
}

/** The frames before and after a place; a frame that the place cuts is on both sides. */
function split({ frames, anatomy }: Body, place: Place | undefined): readonly [Uint8Array[], Uint8Array[]] {
  const at = place ?? middle(frames, anatomy)
  let left = at.bytes ?? 0
  const whole = Math.min(at.frames ?? 0, frames.length)
  const before = frames.slice(0, whole)
  const after = frames.slice(whole)
  for (;;) {
    const [next] = after
    if (next === undefined || left <= 0) return [before, after]
    before.push(next.subarray(0, left))
    after.splice(0, 1, ...(left < next.length ? [next.subarray(left)] : []))
    left -= next.length
  }
}

function middle(frames: readonly Uint8Array[], anatomy: Anatomy): Place {
  const [first] = frames
  if (first !== undefined && frames.length === 1) return { bytes: Math.floor(first.length / 2) }
  return { frames: frames.findIndex((frame) => anatomy.text.test(latin1(frame))) + 1 || 1 }
}

function midFrame({ frames, anatomy }: Body): Place {
  const place = middle(frames, anatomy)
  const next = frames[place.frames ?? 0]
  return place.frames === undefined || next === undefined ? place : { ...place, bytes: Math.floor(next.length / 2) }
}

/** Where no frame is known to belong to the end, the last one does. */
function beforeTheEnd({ frames, anatomy }: Body): Place | undefined {
  if (frames.length < 2) return undefined
  const closing = frames.findIndex((frame) => anatomy.closing.test(latin1(frame)))
  return { frames: closing < 0 ? frames.length - 1 : closing }
}

/** The first frame that says text, cut where its text begins, and the place of the fault around it. */
function atText(body: Body, fault: { readonly type: string; readonly after?: Place }) {
  const { frames, anatomy } = body
  const frame = frames.find((candidate) => anatomy.text.test(latin1(candidate)))
  const match = frame && anatomy.text.exec(latin1(frame))
  if (!frame || !match) {
    throw new BraidError(
      'invalid_request',
      `the fault "${fault.type}" is made of a frame that says text, and none of the ${frames.length} frames of this answer does; script an answer with text, or use another fault`,
    )
  }
  const start = match.index + match[0].length
  const single = frames.length === 1
  const [before, rest] = single ? [[], []] : split(body, fault.after)
  const head = frame.subarray(0, start)
  const tail = frame.subarray(start)
  // The line ends that close an SSE frame.
  const end = tail.subarray(latin1(tail).search(/[\r\n]*$/))
  return { before, head, tail, end, frame, rest, single }
}

function latin1(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('latin1')
}
