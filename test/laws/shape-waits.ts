import { everything, isInside, isLate, type Item, inOrderAdded, type Program, type Task } from './shape-program.ts'

/**
 * Who waits for whom in a program, as the laws have it, and told apart from how the engine finds out: `untangle` takes away what would
 * make operations wait for themselves.
 */

type Moment = `${'start' | 'end'} ${string}`

interface Wait {
  readonly for: Moment
  /** Takes the wait away; a dependency cannot be. */
  readonly drop?: () => void
}

export function untangle(program: Program): void {
  for (;;) {
    for (const item of program.all) if (isLate(item)) keepToLines(item, program)
    const circle = circleIn(waitsOf(program))
    if (!circle) return
    const drop = circle.find((wait) => wait.drop)?.drop
    if (!drop) throw new Error(`dependencies go in a circle: ${circle.map((wait) => wait.for).join(' ← ')}`)
    drop()
  }
}

/** The branches of which it has the turn while it runs, as far as that is known when it begins. */
export function branchesOf(item: Item): ReadonlySet<string> {
  const branches = new Set(item.branch === undefined ? [] : [item.branch])
  if (item.type !== 'subgraph') return branches
  for (const { level } of item.pieces)
    for (const each of level.items) for (const branch of branchesOf(each)) branches.add(branch)
  return branches
}

/**
 * The lines on the branches: each operation with the one directly before it. Topological order, ties in the order added. What is inside of a
 * group stands in lines of its own; of an expand, all of its items in one.
 */
export function linesOf(items: readonly Item[]): (readonly [before: Item, after: Item, branch: string])[] {
  const waiting = [...items]
  const placed = new Set<Item>()
  const last = new Map<string, Item>()
  const lines: (readonly [Item, Item, string])[] = []
  while (waiting.length > 0) {
    const at = waiting.findIndex((item) =>
      [...needsOf(item)].every((need) => placed.has(need) || !items.includes(need)),
    )
    const [item] = waiting.splice(at, 1) as [Item]
    placed.add(item)
    for (const branch of branchesOf(item)) {
      const before = last.get(branch)
      if (before) lines.push([before, item, branch])
      last.set(branch, item)
    }
  }
  return lines
}

/** All lines of a program. */
export function allLines(program: Program): (readonly [before: Item, after: Item, branch: string])[] {
  const inside = program.all.flatMap((item) => {
    if (item.type === 'task') return []
    if (item.type === 'repeat') return item.pieces.flatMap(({ level }) => linesOf(inOrderAdded(level.items)))
    return linesOf(item.pieces.flatMap(({ level }) => inOrderAdded(level.items)))
  })
  return [...linesOf(inOrderAdded(program.items)), ...inside]
}

/** What it waits for from outside, as far as that is known when it is made. */
function* needsOf(item: Item): Generator<Item, void> {
  yield* item.parents
  if (item.type === 'task') {
    if (item.hears) yield item.hears
  } else if (item.type === 'subgraph') {
    for (const { level } of item.pieces) for (const each of level.items) yield* needsOf(each)
  }
}

function waitsOf(program: Program): ReadonlyMap<Moment, readonly Wait[]> {
  const waits = new Map<Moment, Wait[]>()
  const add = (moment: Moment, ...more: Wait[]): void => void waits.set(moment, [...(waits.get(moment) ?? []), ...more])
  for (const item of program.all) {
    const { id, level } = item
    const start: Moment = `start ${id}`
    const end: Moment = `end ${id}`
    add(end, { for: start })
    add(start, ...item.parents.map((parent): Wait => ({ for: `end ${parent.id}` })))
    if (level.group) add(start, { for: `start ${level.group.id}` })
    if (item.type === 'task') {
      if (item.hears) hear(item, item.hears, add)
      continue
    }
    item.pieces.forEach((piece, index) => {
      for (const inner of piece.level.items) {
        add(end, { for: `end ${inner.id}` })
        if (item.type !== 'repeat') continue
        for (const before of item.pieces[index - 1]?.level.items ?? [])
          add(`start ${inner.id}`, { for: `end ${before.id}` })
      }
    })
  }
  for (const [before, after, branch] of allLines(program)) {
    add(`start ${after.id}`, { for: `end ${before.id}`, drop: () => clear(after, branch) })
  }
  return waits
}

function hear(item: Task, hears: Item, add: (moment: Moment, wait: Wait) => void): void {
  const drop = (): void => {
    item.hears = undefined
  }
  add(`start ${item.id}`, { for: `start ${hears.id}`, drop })
  add(`end ${item.id}`, { for: `end ${hears.id}`, drop })
  add(`end ${hears.id}`, { for: `start ${item.id}`, drop })
}

function circleIn(waits: ReadonlyMap<Moment, readonly Wait[]>): readonly Wait[] | undefined {
  const done = new Set<Moment>()
  const way: Wait[] = []
  const walk = (wait: Wait): readonly Wait[] | undefined => {
    const known = way.findIndex((each) => each.for === wait.for)
    if (known >= 0) return [...way.slice(known + 1), wait]
    if (done.has(wait.for)) return undefined
    way.push(wait)
    for (const next of waits.get(wait.for) ?? []) {
      const circle = walk(next)
      if (circle) return circle
    }
    way.pop()
    done.add(wait.for)
    return undefined
  }
  for (const moment of waits.keys()) {
    const circle = walk({ for: moment })
    if (circle) return circle
  }
  return undefined
}

/** It, and what is inside of it, does not write this branch any more. */
function clear(item: Item, branch: string): void {
  for (const each of everything([item])) if (each.branch === branch) each.branch = undefined
}

/**
 * Who takes a turn that nobody knew of beforehand comes in no line. Two that take such turns might wait for each other where one of them is a
 * group, which has its turn while its inside waits for others, or reads a stream; or where a group around one has another branch.
 */
function keepToLines(item: Item, program: Program): void {
  for (const branch of branchesOf(item)) {
    const holder = holderOf(item, branch)
    const others = program.all.filter(
      (other) =>
        other.level !== item.level &&
        branchesOf(other).has(branch) &&
        holderOf(other, branch) === holder &&
        !isInside(item, other) &&
        !isInside(other, item),
    )
    const mayWait = others.some((other) => holdsLong(item) || holdsLong(other))
    const around = groupsAround(item, holder)
    if (mayWait || around.some((group) => branchesOf(group).size > 0)) clear(item, branch)
  }
}

/** The group that has this branch for what is inside of it, this one too. */
function holderOf(item: Item, branch: string): Item | undefined {
  return groupsAround(item, undefined).find((group) => branchesOf(group).has(branch))
}

function groupsAround(item: Item, until: Item | undefined): Item[] {
  const groups: Item[] = []
  for (let group = item.level.group; group && group !== until; group = group.level.group) groups.push(group)
  return groups
}

function holdsLong(item: Item): boolean {
  return item.type !== 'task' || item.hears !== undefined
}
