import type { Join } from '@braid/flow'
import type { ShapeRun, Sketch } from './random-shapes.ts'
import { untangle } from './shape-waits.ts'

/** Operations beside each other: of the builder, of a subgraph, of an item of an expand, or of a round of a repeat. */
export interface Level {
  readonly group: Group | undefined
  readonly piece: Piece | undefined
  readonly items: Item[]
}

interface Common {
  readonly id: string
  readonly name: string
  readonly level: Level
  /** Those whose end it waits for, however its join reads them: beside it and before it, or around it. */
  parents: readonly Item[]
  readonly join: Join
  readonly when: Sketch['when']
  branch: string | undefined
  readonly context: boolean
  readonly rank: number
}

export interface Task extends Common {
  readonly type: 'task'
  readonly fate: Sketch['fate']
  readonly chunks: number
  readonly pace: number
  readonly attempts: number
  readonly stumbles: number
  hears: Item | undefined
  readonly hearing: Sketch['hearing']
}

export interface Piece {
  readonly group: Group
  readonly level: Level
  readonly returns: Item
}

export interface Group extends Common {
  readonly type: 'subgraph' | 'expand' | 'repeat'
  /** All that it may come to build, in order. */
  readonly pieces: Piece[]
  readonly cap: number
  readonly good: number
  /** Of a repeat: what it begins with, one of its parents. */
  readonly from: Item | undefined
}

export type Item = Task | Group

export interface Program {
  readonly items: readonly Item[]
  /** Every operation that may come to be, those inside of a group after it. */
  readonly all: readonly Item[]
}

/** What a sketch means where it stands. Tangled, its operations may wait for themselves. */
export function programOf(sketches: readonly Sketch[], tangled: boolean): Program {
  const level: Level = { group: undefined, piece: undefined, items: [] }
  for (const sketch of sketches) level.items.push(itemOf(sketch, level, ''))
  const program = { items: level.items, all: [...everything(level.items)] }
  if (!tangled) untangle(program)
  return program
}

export function* everything(items: readonly Item[]): Generator<Item, void> {
  for (const item of items) {
    yield item
    if (item.type !== 'task') for (const { level } of item.pieces) yield* everything(level.items)
  }
}

/** Whether it is built while the program runs. */
export function isLate({ level: { group } }: Item): boolean {
  return group !== undefined && (group.type !== 'subgraph' || isLate(group))
}

export function isInside(item: Item, group: Item): boolean {
  for (let at = item.level.group; at; at = at.level.group) if (at === group) return true
  return false
}

/** Those beside it in the order in which they are added; a repeat, and who reads a stream, after what it begins with. */
export function inOrderAdded(items: readonly Item[]): readonly Item[] {
  const ranks = new Map<Item, number>()
  for (const item of items) {
    const first = item.type === 'task' ? item.hears : item.from
    const around = item.type === 'task' ? [] : item.pieces.flatMap(({ level }) => heardFromOutside(level.items, item))
    ranks.set(item, Math.max(item.rank, ...[first, ...around].map((each) => (each && ranks.get(each)) ?? 0)))
  }
  return [...items].sort(
    (a, b) => (ranks.get(a) as number) - (ranks.get(b) as number) || items.indexOf(a) - items.indexOf(b),
  )
}

/** What is read as it streams by the inside of a group, from outside of it. */
function heardFromOutside(items: readonly Item[], group: Group): Item[] {
  return [...everything(items)].flatMap((item) =>
    item.type === 'task' && item.hears && !isInside(item.hears, group) ? [item.hears] : [],
  )
}

function itemOf(sketch: Sketch, level: Level, prefix: string): Item {
  const beside = [...level.items]
  const around = outsideOf(level)
  const given = currentOf(level.piece)
  const visible = [...beside, ...(given ? [given] : []), ...around]
  const pick = (number: number, among: readonly Item[]): Item | undefined => among[number % among.length]
  const parents = new Set(sketch.parents.flatMap((number) => pick(number, visible) ?? []))
  const from = sketch.type === 'repeat' ? pick(sketch.from, beside) : undefined
  if (from) parents.add(from)
  const type = sketch.type === 'repeat' && !from ? 'subgraph' : sketch.type
  const name = `${type[0]}${level.items.length}`
  const common = { id: prefix + name, name, level, join: sketch.join, when: sketch.when, branch: sketch.branch }
  const { context, rank } = sketch
  if (type === 'task') {
    // Who comes late has missed what was said before.
    const hears =
      sketch.hears === undefined ? undefined : pick(sketch.hears, isLateLevel(level) ? beside : [...beside, ...around])
    if (hears) parents.delete(hears)
    const { fate, chunks, pace, attempts, stumbles, hearing } = sketch
    const tries = { attempts, stumbles: hears ? 0 : stumbles }
    return { ...common, type, parents: [...parents], context, rank, fate, chunks, pace, ...tries, hears, hearing }
  }
  const { cap, good } = sketch
  const join = type === 'repeat' && sketch.join === 'any' ? 'all' : sketch.join
  const group: Group = { ...common, join, type, parents: [...parents], context, rank, pieces: [], cap, good, from }
  const some = sketch.pieces.length > 0 ? sketch.pieces : [{ inside: [], returns: 0 }]
  const drawn = { subgraph: some.slice(0, 1), expand: sketch.pieces, repeat: some }[type]
  for (const { inside, returns } of drawn) {
    const path = { subgraph: '', expand: `${group.pieces.length}/`, repeat: `${group.pieces.length + 1}/` }[type]
    const items: Item[] = []
    const piece = { group, returns: undefined as unknown as Item } as { group: Group; level: Level; returns: Item }
    piece.level = { group, piece, items }
    // What a round begins with is found by way of the rounds before it.
    group.pieces.push(piece)
    for (const each of inside.length > 0 ? inside : [PLAIN])
      items.push(itemOf(each, piece.level, `${group.id}/${path}`))
    piece.returns = pick(returns, items) as Item
  }
  return group
}

/** What a piece of a repeat is given: what the round before it returned. */
export function currentOf(piece: Piece | undefined): Item | undefined {
  if (piece?.group.type !== 'repeat') return undefined
  const round = piece.group.pieces.indexOf(piece)
  return round === 0 ? piece.group.from : piece.group.pieces[round - 1]?.returns
}

function outsideOf({ group }: Level): readonly Item[] {
  return group ? [...group.level.items, ...outsideOf(group.level)] : []
}

function isLateLevel({ group }: Level): boolean {
  return group !== undefined && (group.type !== 'subgraph' || isLate(group))
}

const PLAIN: Sketch = {
  type: 'task',
  parents: [],
  join: 'all',
  when: 'yes',
  branch: undefined,
  context: false,
  rank: 0,
  fate: 'completes',
  chunks: 1,
  pace: 0,
  attempts: 1,
  stumbles: 0,
  hears: undefined,
  hearing: 'nothing',
  pieces: [],
  cap: 1,
  good: 0,
  from: 0,
}

/** A run, as fast-check prints it. */
export function show({ program, ...options }: ShapeRun): string {
  const lines = program.all.map((item) => {
    const depth = '  '.repeat(item.id.split('/').length)
    const words = [
      item.id,
      item.parents.length > 0 ? `← ${item.parents.map(({ id }) => id).join(', ')} (${item.join})` : '',
      item.when === 'yes' ? '' : `when ${item.when}`,
      item.branch ? `on ${item.branch}` : '',
      `rank ${item.rank}`,
      ...(item.type === 'task'
        ? [
            `${item.fate} ${item.chunks}×${item.pace}`,
            item.stumbles ? `stumbles ${item.stumbles} of ${item.attempts}` : '',
            item.hears ? `hears ${item.hearing} of ${item.hears.id}` : '',
          ]
        : [
            `returns ${item.pieces.map(({ returns }) => returns.name).join(', ')}`,
            item.type === 'expand' ? `cap ${item.cap}` : '',
            item.from ? `from ${item.from.id} until ${item.good}` : '',
          ]),
    ]
    return depth + words.filter(Boolean).join(' · ')
  })
  return `${JSON.stringify(options)}\n${lines.join('\n')}\n`
}
