import type { Outcome } from '@braid/core'
import type { FlowChunk } from '@braid/flow'
import { expect } from 'vitest'
import { added, nameOf, type RandomRun, type Step } from './random-plan.ts'

/** One tuple, and the turn of the event loop in which it was read. */
export interface Seen {
  readonly tuple: FlowChunk
  readonly at: number
}

interface Life {
  /** Places in what was seen; undefined where it was not seen to start or to end. */
  readonly start: number | undefined
  readonly end: number | undefined
  readonly outcome: Outcome | undefined
  /** What it said in its last attempt. */
  readonly values: readonly unknown[]
  readonly attempts: number
}

/** Laws 1 to 4, from what one reader saw. Shares no code with the engine. */
export function judge({ steps, concurrency, policy }: RandomRun, seen: readonly Seen[], whole: boolean): void {
  const lives = steps.map((_, place) => lifeOf(place, seen))
  steps.forEach((step, place) => {
    const life = lives[place] as Life
    checkOwnOrder(place, step, life, seen)
    if (life.start !== undefined) checkEdges(place, step, life.start, lives)
  })
  checkBranches(steps, lives)
  checkSlots(concurrency, seen)
  const failure = seen.findIndex(({ tuple: [, chunk] }) => chunk.type === 'operation-end' && chunk.status === 'failed')
  if (policy === 'abort' && failure >= 0) {
    for (const { start } of lives) expect(start ?? -1, 'started after the failure that aborts').toBeLessThan(failure)
  } else if (whole) checkOutcomes(steps, lives)
  if (whole) for (const [place, life] of lives.entries()) expect(life.end, `${nameOf(place)} has no end`).toBeDefined()
}

/** Law 3, never late: with slots and a free reader, what can start starts in the turn in which its last edge was satisfied. */
export function judgePunctuality({ steps }: RandomRun, seen: readonly Seen[]): void {
  const lives = steps.map((_, place) => lifeOf(place, seen))
  const before = earlierOnBranch(steps)
  steps.forEach(({ parents, join }, place) => {
    const { start } = lives[place] as Life
    if (start === undefined) return
    const ends = parents.map((parent) => lives[parent] as Life)
    const satisfied =
      join === 'any' && parents.length > 0
        ? [Math.min(...ends.filter(({ outcome }) => outcome?.status === 'completed').map(({ end }) => end as number))]
        : ends.map(({ end }) => end as number)
    for (const previous of before.get(place) ?? []) satisfied.push((lives[previous] as Life).end as number)
    const last = Math.max(0, ...satisfied)
    expect(seen[start]?.at, `${nameOf(place)} started late`).toBe(seen[last]?.at)
  })
}

function lifeOf(place: number, seen: readonly Seen[]): Life {
  let start: number | undefined
  let end: number | undefined
  let outcome: Outcome | undefined
  let values: unknown[] = []
  let attempts = 0
  seen.forEach(({ tuple: [id, chunk] }, index) => {
    if (id !== nameOf(place)) return
    if (chunk.type === 'operation-start') {
      expect(start, `${id} started twice`).toBeUndefined()
      start = index
      attempts = 1
    } else if (chunk.type === 'operation-reset') {
      attempts += 1
      expect(chunk.attempt, `the number of an attempt of ${id}`).toBe(attempts)
      values = []
    } else if (chunk.type === 'operation-end') {
      expect(end, `${id} ended twice`).toBeUndefined()
      end = index
      outcome = chunk
    } else if (chunk.type === 'custom') values.push(chunk.value)
  })
  return { start, end, outcome, values, attempts }
}

/** Laws 1 and 2 within one operation. */
function checkOwnOrder(place: number, step: Step, life: Life, seen: readonly Seen[]): void {
  const { start, end, outcome, values, attempts } = life
  const id = nameOf(place)
  const own = seen.flatMap(({ tuple }, index) => (tuple[0] === id ? [index] : []))
  if (start !== undefined) expect(own[0], `${id} spoke before it started`).toBe(start)
  if (end !== undefined) expect(own.at(-1), `${id} spoke after its end`).toBe(end)
  expect(values, `${id} out of order`).toEqual(values.map((_, index) => index))
  if (outcome === undefined) return
  const ran = outcome.status === 'completed' || outcome.status === 'failed'
  if (ran) expect(start, `${id} ${outcome.status} and never started`).toBeDefined()
  if (ran && step.fate !== 'throws') {
    expect(values, `${id} lost chunks`).toHaveLength(step.chunks)
    expect(attempts, `attempts of ${id}`).toBe(Math.min(step.stumbles.length + 1, step.attempts))
    if (outcome.status === 'completed') expect(outcome.attempts).toBe(attempts)
  }
  if (outcome.status === 'skipped') expect(own, `${id} was skipped and said something`).toHaveLength(1)
}

/** Law 3, never early. */
function checkEdges(place: number, { parents, join }: Step, start: number, lives: readonly Life[]): void {
  const before = parents.map((parent) => lives[parent] as Life).filter(({ end }) => end !== undefined && end < start)
  const completed = before.filter(({ outcome }) => outcome?.status === 'completed').length
  const enough = {
    all: completed === parents.length,
    any: completed > 0 || parents.length === 0,
    settled: before.length === parents.length,
  }
  expect(enough[join], `${nameOf(place)} (${join}) started before its edges were satisfied`).toBe(true)
}

/** Law 4: in topological order, ties in the order added, and one after the other. */
function checkBranches(steps: readonly Step[], lives: readonly Life[]): void {
  for (const [next, earlier] of earlierOnBranch(steps)) {
    const { start } = lives[next] as Life
    if (start === undefined) continue
    for (const previous of earlier) {
      const { end } = lives[previous] as Life
      const message = `${nameOf(next)} did not wait for ${nameOf(previous)}`
      expect(end ?? Number.POSITIVE_INFINITY, message).toBeLessThan(start)
    }
  }
}

function earlierOnBranch(steps: readonly Step[]): Map<number, readonly number[]> {
  const waiting = added(steps)
  const placed = new Set<number>()
  const lines = new Map<string, number[]>()
  const earlier = new Map<number, readonly number[]>()
  while (waiting.length > 0) {
    const at = waiting.findIndex((place) => (steps[place] as Step).parents.every((parent) => placed.has(parent)))
    const [place] = waiting.splice(at, 1) as [number]
    placed.add(place)
    const { branch } = steps[place] as Step
    if (branch === undefined) continue
    const line = lines.get(branch) ?? []
    earlier.set(place, line)
    lines.set(branch, [...line, place])
  }
  return earlier
}

function checkSlots(concurrency: number, seen: readonly Seen[]): void {
  const running = new Set<string>()
  for (const {
    tuple: [id, chunk],
  } of seen) {
    if (chunk.type === 'operation-start') running.add(id)
    else if (chunk.type === 'operation-end') running.delete(id)
    expect(running.size).toBeLessThanOrEqual(concurrency)
  }
}

/** Who must be skipped, and because of whom; who must have failed; who must have completed. */
function checkOutcomes(steps: readonly Step[], lives: readonly Life[]): void {
  const expected: Outcome['status'][] = []
  steps.forEach(({ parents, join, when, fate, stumbles, attempts }, place) => {
    const completed = parents.filter((parent) => expected[parent] === 'completed').length
    const doomed =
      (join === 'all' && completed < parents.length) || (join === 'any' && parents.length > 0 && completed === 0)
    const completes = fate === 'completes' && stumbles.length < attempts
    const status = doomed || !when ? 'skipped' : completes ? 'completed' : 'failed'
    expected.push(status)
    const { outcome } = lives[place] as Life
    expect(outcome?.status, nameOf(place)).toBe(status)
    if (outcome?.status !== 'skipped') return
    const bad = parents.filter((parent) => expected[parent] !== 'completed')
    const causes = doomed ? bad.map((parent) => rootOf(parent, lives)) : [nameOf(place)]
    expect(causes, `why ${nameOf(place)} was skipped`).toContain(outcome.because)
  })
}

function rootOf(place: number, lives: readonly Life[]): string {
  const { outcome } = lives[place] as Life
  return outcome?.status === 'skipped' ? outcome.because : nameOf(place)
}
