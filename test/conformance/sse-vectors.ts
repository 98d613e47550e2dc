import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createDecoder } from '@braid/stream'
import { everyWay } from './every-way.ts'

interface Vector {
  readonly id: string
  readonly expected: readonly { readonly event: string; readonly data: string }[]
}

/** The vectors of web-platform-tests and eventsource-parser, by name, each with what is wrong. */
export function* checkSseVectors(folder: string): Generator<readonly [name: string, wrong: string | undefined]> {
  const vectors = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as readonly Vector[]
  for (const { id, expected } of vectors) {
    const name = basename(id)
    yield [name, wrong(readFileSync(join(folder, `${name}.sse`)), expected)]
  }
}

function wrong(stream: Uint8Array, expected: Vector['expected']): string | undefined {
  for (const [how, pieces] of everyWay(stream)) {
    const events: { event: string; data: string }[] = []
    const decoder = createDecoder('sse', {
      frame: (data, event = 'message') => events.push({ event, data }),
      // A field of this name is none of the standard's.
      error: () => {},
    })
    // Without its end: by the standard an event whose blank line never came is none, and Braid gives it when the bytes are over.
    for (const piece of pieces) decoder.push(piece)
    if (!isDeepStrictEqual(events, expected))
      return `${how}: ${JSON.stringify(events)} instead of ${JSON.stringify(expected)}`
  }
  return undefined
}
