import { BraidError, type ModelChunk } from '@braid/core'
import { type FamilyName, family, manifests } from './family.ts'
import type { Manifest } from './manifest.ts'
import { createPipeline } from './pipeline.ts'
import { readResponse } from './response.ts'
import { overWire, type Wire, wireOf } from './wire.ts'

/** How bytes are to be read: by which protocol, as a stream or as one plain answer. */
export interface Guess {
  readonly manifest: Manifest
  readonly form: 'stream' | 'answer'
}

/**
 * Finds the protocol of a recorded answer by its beginning: every manifest reads it, and the one that makes most of it is the one. No list of
 * signs is kept beside the manifests, so a family is recognised by what it reads.
 */
export class Guesser {
  readonly #manifests: readonly Manifest[]
  readonly #overWire = new Map<string, Manifest>()

  /** Default: all families. */
  constructor(candidates: readonly Manifest[] = (Object.keys(manifests) as FamilyName[]).map(family)) {
    // One that takes any text for speech is asked last: what others understand they know better.
    this.#manifests = [...candidates].sort((a, b) => Number(takesAnything(a)) - Number(takesAnything(b)))
  }

  /** Undefined where nobody recognises it; `whole` says that nothing follows. */
  guess(head: Uint8Array, whole: boolean): Guess | undefined {
    const wire = wireOf(head)
    if (wire === undefined) return undefined
    if (wire === 'json_lines') {
      const text = Buffer.from(head).toString('utf8')
      // One line may be all of a plain answer.
      if (!whole && !/^.*\n\s*\S/.test(text)) return undefined
      const answer = whole ? this.#answer(text) : undefined
      if (answer) return answer
    }
    return this.#stream(head, wire, whole)
  }

  #stream(head: Uint8Array, wire: Wire, whole: boolean): Guess | undefined {
    let best: { readonly guess: Guess; readonly score: number } | undefined
    for (const native of [true, false]) {
      for (const candidate of this.#manifests) {
        const manifest = this.#over(candidate, wire)
        if ((manifest === candidate) !== native || (best && takesAnything(candidate))) continue
        const score = scoreOf(head, manifest, whole)
        if (score > (best?.score ?? (native || whole ? 0 : CHANCE)))
          best = { guess: { manifest, form: 'stream' }, score }
      }
      if (best) break
    }
    return best?.guess
  }

  /** A plain answer, unless it is the only frame of a stream: whichever way more is said. */
  #answer(text: string): Guess | undefined {
    const body = objectOf(text)
    if (body === undefined) return undefined
    let best: { readonly guess: Guess; readonly score: number } | undefined
    for (const manifest of this.#manifests) {
      const line = Buffer.from(JSON.stringify(body))
      const asStream = scoreOf(line, this.#over(manifest, 'json_lines'), true)
      const asAnswer = scoreOfAnswer(body, manifest)
      const form = asAnswer >= asStream ? 'answer' : 'stream'
      const score = Math.max(asAnswer, asStream)
      if (score <= (best?.score ?? 0)) continue
      best = { guess: { manifest: form === 'answer' ? manifest : this.#over(manifest, 'json_lines'), form }, score }
    }
    return best?.guess
  }

  #over(manifest: Manifest, wire: Wire): Manifest {
    const key = `${manifest.id} ${wire}`
    let found = this.#overWire.get(key)
    if (!found) {
      found = overWire(manifest, wire)
      this.#overWire.set(key, found)
    }
    return found
  }
}

/** As much as a manifest for another wire format may find in frames that are not its own: a start, and something that looks like text. */
const CHANCE = 3

function takesAnything({ data }: Manifest): boolean {
  const { inner, text_events } = data.streaming.decoder
  return inner?.holds === 'text' || text_events.length > 0
}

/** How much more a manifest understands of these bytes than it does not. */
function scoreOf(head: Uint8Array, manifest: Manifest, whole: boolean): number {
  const pipeline = createPipeline(manifest)
  const chunks: ModelChunk[] = []
  try {
    chunks.push(...pipeline.push(head))
    if (whole && !pipeline.failure) chunks.push(...pipeline.end())
  } catch (error) {
    return balance(chunks) + weigh(error)
  }
  return balance(chunks) + weigh(pipeline.failure)
}

function scoreOfAnswer(body: object, manifest: Manifest): number {
  try {
    return balance(readResponse(manifest, body))
  } catch (error) {
    return weigh(error)
  }
}

/**
 * Frames that a manifest does not know speak against it, until it has understood something that was said. An end is nothing said, and counts
 * stand in the frames of many protocols under the same name.
 */
function balance(chunks: readonly ModelChunk[]): number {
  const said = chunks.filter(({ type }) => type !== 'raw' && type !== 'usage' && type !== 'finish').length
  return chunks.some(isContent) ? said : said - chunks.filter(({ type }) => type === 'raw').length
}

function isContent({ type }: ModelChunk): boolean {
  return type.endsWith('-delta') || type === 'tool-call'
}

/** What a provider says in an error counts where the manifest knows what it means. What is broken may be broken for everybody. */
function weigh(error: unknown): number {
  if (!(error instanceof BraidError)) return 0
  switch (error.code) {
    case 'malformed_frame':
    case 'frame_too_large':
    case 'stream_truncated':
    case 'unknown':
      return 0
    default:
      return 1
  }
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
