import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import { type Chunk, decode, encode, type LogPage, NO_METADATA } from '@braid/core'
import { COLUMN_MAX, characterOf, numbersOf } from './column.ts'

/** A chunk of a run, as its log has it. */
export interface Logged {
  /** Its number in the run, from 1. */
  readonly seq: number
  readonly operationId: string
  readonly chunk: Chunk
  /** When it came, in milliseconds since 1970. */
  readonly at: number
}

/** What one block says in one page: its deltas one behind the other. */
interface Voice {
  readonly operation: number
  readonly type: string
  readonly id: string
  readonly candidate: number
  /** Its place among the voices of the page, from 1. */
  readonly number: number
  text: string
}

interface Speaker {
  readonly index: number
  readonly voices: Map<string, Voice>
  last: Voice | undefined
}

/** A page as it is written. The names are short because there are thousands of these. */
interface Packed {
  /** The ids of operations. */
  readonly o: readonly string[]
  /** Voices. */
  readonly v: readonly (readonly [operation: number, type: string, id: string, candidate: number, text: string])[]
  /** What is no delta, in order. */
  readonly r: readonly (readonly [operation: number, chunk: Record<string, unknown>])[]
  /** Of each chunk the number of its voice, or 0 where it is no delta. */
  readonly s: string
  /** Of each delta its length. */
  readonly l: string
  /** Of each chunk the milliseconds since the one before. */
  readonly t: string
  /** When the first came. */
  readonly a: number
  /** Waits that are too long for `t`: the place of the chunk in the page, and the milliseconds. */
  readonly g: readonly (readonly [place: number, ms: number])[]
}

/** The first byte of a page says how the rest is to be read. */
const PLAIN = 1
const COMPRESSED = 2

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/**
 * A part of a run's log as it grows: text once, with boundaries as lengths, and times, as columns beside it. Everything but `metadata` and
 * `rawResponse` reads back as it was.
 */
export class PageWriter {
  readonly first: number
  /** How many chunks it has. */
  count = 0
  /** About how many bytes it will be. */
  weight = 0
  readonly #speakers = new Map<string, Speaker>()
  readonly #voices: Voice[] = []
  readonly #rest: string[] = []
  readonly #gaps: (readonly [number, number])[] = []
  #sequence = ''
  #lengths = ''
  #times = ''
  #beganAt = 0
  #lastAt = 0

  /** `first`: the number in the run of the first chunk that will be in it. */
  constructor(first: number) {
    this.first = first
  }

  push(operationId: string, chunks: readonly Chunk[], at: number): void {
    const speaker = this.#speaker(operationId)
    for (const chunk of chunks) {
      this.#time(at)
      const voice = this.#voice(speaker, chunk)
      if (voice) {
        const { data } = chunk as Chunk & { readonly data: string }
        voice.text += data
        this.#sequence += characterOf(voice.number)
        this.#lengths += characterOf(data.length)
        this.weight += data.length + 3
      } else {
        const text = `[${speaker.index},${chunkText(chunk)}]`
        this.#rest.push(text)
        this.#sequence += characterOf(0)
        this.weight += text.length + 3
      }
      this.count += 1
    }
  }

  page(): LogPage {
    const text = this.#text()
    const data = Buffer.allocUnsafe(1 + Buffer.byteLength(text))
    data[0] = PLAIN
    data.write(text, 1)
    return { first: this.first, count: this.count, data }
  }

  async compressed(): Promise<LogPage> {
    const data = await compress(this.#text(), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT },
    })
    return { first: this.first, count: this.count, data: Buffer.concat([Buffer.of(COMPRESSED), data]) }
  }

  #text(): string {
    const o = JSON.stringify([...this.#speakers.keys()])
    const v = JSON.stringify(
      this.#voices.map(({ operation, type, id, candidate, text }) => [operation, type, id, candidate, text]),
    )
    const columns = JSON.stringify({
      s: this.#sequence,
      l: this.#lengths,
      t: this.#times,
      a: this.#beganAt,
      g: this.#gaps,
    })
    return `{"o":${o},"v":${v},"r":[${this.#rest.join()}],${columns.slice(1)}`
  }

  #speaker(operationId: string): Speaker {
    const known = this.#speakers.get(operationId)
    if (known) return known
    const speaker: Speaker = { index: this.#speakers.size, voices: new Map(), last: undefined }
    this.#speakers.set(operationId, speaker)
    this.weight += operationId.length + 3
    return speaker
  }

  /** Undefined for what is no delta, or is none that a voice can say. */
  #voice(speaker: Speaker, chunk: Chunk): Voice | undefined {
    if (!('data' in chunk)) return undefined
    const { type, id, candidate, data } = chunk
    const { last } = speaker
    if (typeof data !== 'string' || data.length > COLUMN_MAX) return undefined
    if (last && last.id === id && last.type === type && last.candidate === candidate) return last
    const key = `${type}/${candidate}/${id}`
    let voice = speaker.voices.get(key)
    if (!voice) {
      const number = this.#voices.length + 1
      if (number > COLUMN_MAX || typeof id !== 'string' || !Number.isInteger(candidate)) return undefined
      voice = { operation: speaker.index, type, id, candidate, number, text: '' }
      this.#voices.push(voice)
      speaker.voices.set(key, voice)
      this.weight += id.length + 20
    }
    speaker.last = voice
    return voice
  }

  #time(at: number): void {
    if (this.count === 0) {
      this.#beganAt = at
      this.#lastAt = at
    }
    // A clock that was set back made no time pass.
    const wait = Math.max(0, Math.round(at - this.#lastAt))
    this.#lastAt += wait
    if (wait > COLUMN_MAX) this.#gaps.push([this.count, wait])
    this.#times += characterOf(wait > COLUMN_MAX ? 0 : wait)
  }
}

/** The chunks of a page, in order. */
export async function unpack({ first, data }: LogPage): Promise<Logged[]> {
  const body = Buffer.from(data.buffer, data.byteOffset + 1, data.byteLength - 1)
  const text = data[0] === COMPRESSED ? await decompress(body) : body
  return chunksOf(first, decode(text.toString('utf8')) as Packed)
}

function chunksOf(first: number, { o, v, r, s, l, t, a, g }: Packed): Logged[] {
  const lengths = numbersOf(l)
  const times = numbersOf(t)
  const waits = new Map(g)
  const spoken = v.map(() => 0)
  let delta = 0
  let other = 0
  let at = a
  return numbersOf(s).map((voice, place) => {
    at += waits.get(place) ?? (times[place] as number)
    const seq = first + place
    if (voice === 0) {
      const [operation, fields] = r[other] as Packed['r'][number]
      other += 1
      return { seq, operationId: o[operation] as string, chunk: { ...fields, metadata: NO_METADATA } as never, at }
    }
    const [operation, type, id, candidate, text] = v[voice - 1] as Packed['v'][number]
    const from = spoken[voice - 1] as number
    const to = from + (lengths[delta] as number)
    spoken[voice - 1] = to
    delta += 1
    const chunk = { type, id, data: text.slice(from, to), candidate, metadata: NO_METADATA } as Chunk
    return { seq, operationId: o[operation] as string, chunk, at }
  })
}

/** What is not to be kept is left out, and so is what cannot be. */
function chunkText(chunk: Chunk): string {
  const { metadata: _, rawResponse: __, ...fields } = chunk
  try {
    return encode(fields).text
  } catch {
    // A getter or a toJSON of the user's threw.
    return encode(Object.fromEntries(Object.entries(fields).filter(([, value]) => isReadable(value)))).text
  }
}

function isReadable(value: unknown): boolean {
  try {
    encode(value)
    return true
  } catch {
    return false
  }
}
