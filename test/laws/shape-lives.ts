import type { Outcome } from '@braid/core'
import { expect } from 'vitest'
import type { Seen } from './oracle.ts'
import type { Item, Piece, Program } from './shape-program.ts'

/** One operation, as a reader saw it. Places are in what was seen; undefined where it was not seen to do so. */
export interface Life {
  readonly start: number | undefined
  /** Its first chunk besides that it starts. */
  readonly speech: number | undefined
  readonly end: number | undefined
  readonly outcome: Outcome | undefined
  /** The values of its chunks, of each attempt. */
  readonly attempts: readonly (readonly unknown[])[]
}

export type Lives = ReadonlyMap<Item, Life>

/** Laws 1 and 2 within each operation. */
export function livesOf(program: Program, seen: readonly Seen[]): Lives {
  const items = new Map(program.all.map((item) => [item.id, item]))
  const places = new Map<Item, number[]>()
  seen.forEach(({ tuple: [id] }, place) => {
    const item = items.get(id)
    if (!item) throw new Error(`nobody knows ${id}`)
    const own = places.get(item)
    if (own) own.push(place)
    else places.set(item, [place])
  })
  return new Map(program.all.map((item) => [item, lifeOf(item, places.get(item) ?? [], seen)]))
}

function lifeOf({ id, type }: Item, places: readonly number[], seen: readonly Seen[]): Life {
  let start: number | undefined
  let speech: number | undefined
  let end: number | undefined
  let outcome: Outcome | undefined
  const attempts: unknown[][] = [[]]
  for (const place of places) {
    const [, chunk] = (seen[place] as Seen).tuple
    expect(end, `${id} spoke after its end`).toBeUndefined()
    if (chunk.type === 'operation-start') {
      expect(place, `${id} spoke before it started, or started twice`).toBe(places[0])
      start = place
    } else if (chunk.type === 'operation-end') {
      end = place
      outcome = chunk
    } else {
      expect(start, `${id} spoke and had not started`).toBeDefined()
      if (chunk.type === 'operation-reset') attempts.push([])
      else speech ??= place
      if (chunk.type === 'operation-reset') expect(chunk.attempt).toBe(attempts.length)
      if (chunk.type === 'custom') attempts.at(-1)?.push(chunk.value)
    }
  }
  for (const values of attempts) expect(values, `${id} out of order`).toEqual(values.map((_, index) => index))
  // A group begins, and is skipped when what it returns was.
  if (outcome?.status === 'skipped' && type === 'task')
    expect(places, `${id} was skipped and said something`).toHaveLength(1)
  return { start, speech, end, outcome, attempts }
}

/** Whether something of it was seen. */
export function isBuilt({ level }: Piece, lives: Lives): boolean {
  return level.items.some((item) => lives.get(item)?.start !== undefined || lives.get(item)?.end !== undefined)
}
