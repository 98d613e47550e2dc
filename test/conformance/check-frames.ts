import { isDeepStrictEqual } from 'node:util'
import { createDecoder } from '@braid/stream'
import type { Expected, StreamCase } from '../support/corpus.ts'
import { everyWay } from './every-way.ts'
import { WIRES } from './readers.ts'

/** What is wrong with the frames of a case of which only those are known: how many there are, and by the names of their events. */
export function checkFrames(bytes: Uint8Array, wire: StreamCase['wire'], expected: Expected): readonly string[] {
  const found: string[] = []
  for (const [how, pieces] of everyWay(bytes)) {
    let frames = 0
    const events: Record<string, number> = {}
    const decoder = createDecoder(WIRES[wire], {
      frame: (_, event = 'message') => {
        frames += 1
        events[event] = (events[event] ?? 0) + 1
      },
      error: () => found.push(`${how}: an error that should not be there`),
    })
    for (const piece of pieces) decoder.push(piece)
    decoder.end()
    if (expected.frames !== undefined && frames !== expected.frames)
      found.push(`${how}: ${frames} frames instead of ${expected.frames}`)
    if (expected.events && !isDeepStrictEqual(events, expected.events))
      found.push(`${how}: events ${JSON.stringify(events)} instead of ${JSON.stringify(expected.events)}`)
  }
  return found
}
