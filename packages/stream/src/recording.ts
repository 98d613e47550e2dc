import { asBraidError, BraidError, type ModelChunk } from '@braid/core'
import { createDecoder } from './decoders/decoder.ts'
import { type Guess, Guesser } from './guess.ts'
import { DEFAULT_FRAME_BYTES } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { createPipeline } from './pipeline.ts'
import { readResponse } from './response.ts'
import { overWire, wireOf } from './wire.ts'

/** A recorded answer that is being read. */
export interface Recording {
  /** What reads it: the one that was given or the one that was found, for the wire format that the bytes have. */
  readonly manifest: Manifest
  /** Whether it is a stream, or one plain answer in JSON. */
  readonly form: 'stream' | 'answer'
  /** Read once. Gives what came, then throws what the pipeline throws: what the provider reported, `stream_truncated`, … */
  readonly batches: AsyncGenerator<readonly ModelChunk[], void>
}

/**
 * Reads an answer that somebody has recorded: server-sent events, JSON lines, one JSON array, an AWS event stream or a plain answer in JSON,
 * told apart by how the bytes begin. Without a manifest, the built-in one that understands them is taken.
 *
 * Throws `unknown_provider` where none does, and `malformed_frame` where there are no bytes at all.
 *
 * @example
 * const { manifest, batches } = await openRecording(createReadStream('answer.sse'))
 * for await (const chunks of batches) for (const chunk of chunks) console.log(manifest.id, chunk.type)
 */
export async function openRecording(source: AsyncIterable<Uint8Array>, manifest?: Manifest): Promise<Recording> {
  const guesser = new Guesser(manifest ? [manifest] : undefined)
  const bytes = source[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  let whole = false
  let guess: Guess | undefined
  /** Twice as many bytes before the next guess: the work stays in proportion to what is read. */
  let enough = 1
  while (!guess && !whole && head.length < DEFAULT_FRAME_BYTES) {
    const next = await bytes.next()
    if (next.done) whole = true
    else head = Buffer.concat([head, next.value])
    if (!whole && head.length < enough) continue
    guess = guesser.guess(head, whole)
    enough = head.length * 2
  }
  guess ??= manifest && given(manifest, head)
  if (!guess) {
    await bytes.return?.()
    throw head.length === 0 ? nothing() : unknownProtocol(head)
  }
  return {
    ...guess,
    batches: guess.form === 'answer' ? plain(guess.manifest, head) : stream(guess.manifest, head, bytes),
  }
}

/** Whoever names a protocol gets it, whatever it makes of the bytes. */
function given(manifest: Manifest, head: Uint8Array): Guess | undefined {
  const wire = wireOf(head)
  return wire && { manifest: overWire(manifest, wire), form: 'stream' }
}

async function* plain(manifest: Manifest, body: Buffer): AsyncGenerator<readonly ModelChunk[], void> {
  yield readResponse(manifest, JSON.parse(body.toString('utf8').replace(/^\ufeff/, '')))
}

async function* stream(
  manifest: Manifest,
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<readonly ModelChunk[], void> {
  const pipeline = createPipeline(manifest)
  try {
    for (let bytes: Uint8Array | undefined = head; bytes; bytes = await nextOf(rest)) {
      yield pipeline.push(bytes)
      if (pipeline.failure) throw pipeline.failure
    }
    yield pipeline.end()
    if (pipeline.failure) throw pipeline.failure
  } finally {
    await rest.return?.()
  }
}

async function nextOf(bytes: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const { done, value } = await bytes.next()
  return done ? undefined : value
}

function nothing(): BraidError {
  return new BraidError('malformed_frame', 'Expected a recorded answer, found no bytes. Check what recorded it.')
}

/** What is wrong with the frames comes before whose they are. */
function unknownProtocol(head: Uint8Array): BraidError {
  const wire = wireOf(head) ?? 'sse'
  try {
    createDecoder(wire, { frame: () => {}, error: () => {} }).push(head)
  } catch (error) {
    return asBraidError(error, 'malformed_frame')
  }
  const found = { sse: 'text', json_lines: 'JSON', json_array: 'a JSON array', aws_eventstream: 'an AWS event stream' }
  return new BraidError(
    'unknown_provider',
    `Expected the answer of an API that Braid knows, found ${found[wire]} that none of its manifests reads. ` +
      'Name the API, or give a manifest of its own; its frames can be read without.',
  )
}
