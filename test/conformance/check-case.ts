import type { Manifest } from '@braid/stream'
import { violations } from '../pipeline/protocol.ts'
import { essence, firstDifference, read } from '../pipeline/reading.ts'
import type { Corpus, StreamCase } from '../support/corpus.ts'
import { checkFrames } from './check-frames.ts'
import { differences } from './difference.ts'
import { everyWay } from './every-way.ts'
import type { Readers } from './readers.ts'

/**
 * Everything that is wrong with how Braid reads a case, in words; nothing, where it is right. The case is read whole, byte by byte and cut at
 * random: what is expected of it, by the protocol of chunks, and the same every time.
 */
export function checkCase(corpus: Corpus, streamCase: StreamCase, readers: Readers): readonly string[] {
  try {
    return check(corpus, streamCase, readers)
  } catch (error) {
    // It ends this case and not the run.
    return [`an error without a name: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
}

function check(corpus: Corpus, streamCase: StreamCase, readers: Readers): readonly string[] {
  const expected = corpus.expected(streamCase)
  if (expected === undefined) return ['expected.json has nothing on it']
  const bytes = corpus.bytes(streamCase)
  if (expected.framing_only) return checkFrames(bytes, streamCase.wire, expected)
  const manifest = readers.for(streamCase)
  if (!manifest) return [`Braid has no family "${streamCase.api}"`]

  const whole = read(manifest, [bytes])
  const named = namedFields(expected.ambiguous)
  const found = differences(whole, expected).filter((difference) => !named.some((field) => difference.includes(field)))
  found.push(...violations(whole.chunks, whole.error === undefined).map((what) => `the protocol of chunks: ${what}`))
  return [...found, ...cutDifferences(manifest, bytes)]
}

function* cutDifferences(manifest: Manifest, bytes: Uint8Array): Generator<string> {
  let whole: readonly unknown[] | undefined
  for (const [how, pieces] of everyWay(bytes)) {
    const said = essence(read(manifest, pieces))
    whole ??= said
    const difference = firstDifference(said, whole)
    if (difference !== undefined) yield `${how}: ${JSON.stringify(difference)}`
  }
}

/** The fields in which an ambiguous case may differ, as differences name them. `true` names none. */
function namedFields(ambiguous: boolean | string | readonly string[] | undefined): readonly string[] {
  if (typeof ambiguous === 'boolean' || ambiguous === undefined) return []
  return (typeof ambiguous === 'string' ? [ambiguous] : ambiguous).map((field) => field.replaceAll('_', ' '))
}
