import { expect } from 'vitest'
import type { Seen } from './oracle.ts'
import type { ShapeRun } from './random-shapes.ts'
import { type Life, type Lives, livesOf } from './shape-lives.ts'
import { type Item, isInside, type Program } from './shape-program.ts'
import { allLines, branchesOf } from './shape-waits.ts'

/** Laws 1 to 4 as far as one reader could see them, whatever became of the run. `earlier`: what completed in a run before. */
export function judgeOrder(
  { program, concurrency, policy }: ShapeRun,
  seen: readonly Seen[],
  earlier: ReadonlyMap<Item, unknown> = new Map(),
): Lives {
  const lives = livesOf(program, seen)
  const life = (item: Item): Life => lives.get(item) as Life
  const endsOf = (item: Item): number => (earlier.has(item) ? -1 : (life(item).end ?? Number.POSITIVE_INFINITY))
  for (const item of program.all) {
    const { start, end } = life(item)
    const { group } = item.level
    if (start !== undefined) checkEdges(item, start, lives, earlier)
    if (start !== undefined && group)
      expect(life(group).start, `${item.id} started before ${group.id}`).toBeLessThan(start)
    if (group && life(group).start !== undefined && life(group).end !== undefined && (start ?? end) !== undefined) {
      expect(end ?? Number.POSITIVE_INFINITY, `${group.id} ended before ${item.id}`).toBeLessThan(endsOf(group))
    }
  }
  // What an earlier run built stands in the lines from the first; that order is another one.
  if (earlier.size === 0) {
    for (const [before, after, branch] of allLines(program)) {
      const { start } = life(after)
      if (start === undefined || !isThere(before, lives)) continue
      expect(endsOf(before), `${after.id} did not wait for ${before.id} on ${branch}`).toBeLessThan(start)
    }
  }
  checkBranches(program, lives)
  checkSlots(program, concurrency, lives, seen)
  const failure = seen.findIndex(({ tuple: [, chunk] }) => chunk.type === 'operation-end' && chunk.status === 'failed')
  if (policy === 'abort' && failure >= 0) {
    for (const { start } of lives.values())
      expect(start ?? -1, 'started after the failure that aborts').toBeLessThan(failure)
  }
  return lives
}

/** Law 3, never late: with slots and a free reader, what can start starts in the turn in which the last thing it waited for came. */
export function judgePunctuality({ program }: ShapeRun, seen: readonly Seen[], lives: Lives): void {
  const life = (item: Item): Life => lives.get(item) as Life
  const ends = (items: readonly Item[]): number[] => items.flatMap((item) => life(item).end ?? [])
  const lines = allLines(program)
  for (const item of program.all) {
    const { start, end } = life(item)
    if (start === undefined) continue
    const { parents, join, level } = item
    const came: number[] = []
    if (join === 'any' && parents.length > 0) {
      came.push(Math.min(...ends(parents.filter((parent) => life(parent).outcome?.status === 'completed'))))
    } else came.push(...ends(parents))
    if (item.type === 'task' && item.hears) came.push(life(item.hears).speech ?? (life(item.hears).end as number))
    if (level.group) came.push(life(level.group).start as number)
    if (level.group?.type === 'repeat') {
      const before = level.group.pieces[level.group.pieces.indexOf(level.piece as never) - 1]
      came.push(...ends(before?.level.items ?? []))
    }
    for (const [before, after] of lines) if (after === item) came.push(...ends([before]))
    for (const branch of branchesOf(item)) came.push(lastBefore(item, branch, start, program, lives))
    const last = Math.max(0, ...came)
    expect(seen[start]?.at, `${item.id} started late`).toBe(seen[last]?.at)
    if (item.type === 'task' || end === undefined) continue
    const inside = Math.max(start, ...item.pieces.flatMap((piece) => ends(piece.level.items)))
    expect(seen[end]?.at, `${item.id} ended late`).toBe(seen[inside]?.at)
  }
}

/** When whoever had the branch before this one gave it back. */
function lastBefore(item: Item, branch: string, start: number, { all }: Program, lives: Lives): number {
  let last = 0
  for (const other of all) {
    if (other === item || !branchesOf(other).has(branch) || isInside(item, other)) continue
    const { end } = lives.get(other) as Life
    if (end !== undefined && end < start) last = Math.max(last, end)
  }
  return last
}

/** Law 3, never early. */
function checkEdges(item: Item, start: number, lives: Lives, earlier: ReadonlyMap<Item, unknown>): void {
  const before = item.parents.filter(
    (parent) => earlier.has(parent) || ((lives.get(parent) as Life).end ?? start) < start,
  )
  const completed = before.filter(
    (parent) => earlier.has(parent) || lives.get(parent)?.outcome?.status === 'completed',
  ).length
  const enough = {
    all: completed === item.parents.length,
    any: completed > 0 || item.parents.length === 0,
    settled: before.length === item.parents.length,
  }
  expect(enough[item.join], `${item.id} (${item.join}) started before its edges were satisfied`).toBe(true)
  if (item.type !== 'task' || !item.hears || earlier.has(item.hears)) return
  const { speech, end, outcome } = lives.get(item.hears) as Life
  const over = end !== undefined && end < start && (outcome?.status === 'completed' || item.join === 'settled')
  expect(over || (speech ?? start) < start, `${item.id} started before ${item.hears.id} had said anything`).toBe(true)
}

/** Law 4: never two at once on one branch, wherever they stand. */
function checkBranches({ all }: Program, lives: Lives): void {
  const spans = new Map<string, { readonly item: Item; readonly start: number; readonly end: number }[]>()
  for (const item of all) {
    const { start, end = Number.POSITIVE_INFINITY } = lives.get(item) as Life
    if (start === undefined) continue
    for (const branch of branchesOf(item)) {
      for (const other of spans.get(branch) ?? []) {
        if (isInside(item, other.item) || isInside(other.item, item)) continue
        expect(other.end < start || end < other.start, `${item.id} and ${other.item.id} on ${branch} at once`).toBe(
          true,
        )
      }
      spans.set(branch, [...(spans.get(branch) ?? []), { item, start, end }])
    }
  }
}

/** Who listens to one that runs shares its slot; one that waits for who is to listen to it lends its own. */
function checkSlots({ all }: Program, concurrency: number, lives: Lives, seen: readonly Seen[]): void {
  const slots = new Map<Item, Set<Item>>()
  const heard = new Set(all.flatMap((item) => (item.type === 'task' && item.hears ? [item.hears] : [])))
  const starts = new Map<number, Item>()
  const ends = new Map<number, Item>()
  for (const [item, { start, end }] of lives) {
    if (item.type !== 'task') continue
    if (start !== undefined) starts.set(start, item)
    if (end !== undefined) ends.set(end, item)
  }
  for (let at = 0; at < seen.length; at += 1) {
    const starting = starts.get(at)
    const ending = ends.get(at)
    if (starting?.type === 'task') {
      const shared = starting.hears && slots.get(starting.hears)
      const slot = shared ?? new Set<Item>()
      slots.set(starting, slot.add(starting))
    }
    if (ending) {
      slots.get(ending)?.delete(ending)
      slots.delete(ending)
    }
    const taken = new Set(slots.values())
    const lent = [...taken].filter((slot) => [...slot].some((item) => heard.has(item))).length
    expect(taken.size - lent, 'more at once than there are slots').toBeLessThanOrEqual(concurrency)
  }
}

/** Whether it is part of the run at all, as far as that was seen. */
function isThere(item: Item, lives: Lives): boolean {
  const { start, end } = lives.get(item) as Life
  return start !== undefined || end !== undefined
}
