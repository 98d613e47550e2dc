import { BraidError } from '@braid/core'
import { insideOf } from './group.ts'
import type { Node } from './node.ts'
import { branchLines } from './order.ts'

/** That an operation starts, or that it ends. */
interface Moment {
  readonly node: Node
  readonly what: 'start' | 'end'
}

/** What has to come before a moment; `why`, where that is not a dependency which somebody declared. */
interface Hurdle {
  readonly moment: Moment
  readonly why?: string
}

/** One who has a branch, or is before another in the line for it. */
export type Ahead = readonly [node: Node, branch: string]

/** What runs already. */
export interface Underway {
  readonly nodes: Iterable<Node>
  /** Who is to have its branches before it. */
  ahead(node: Node): Iterable<Ahead>
}

/**
 * Who waits for whom among operations that have not ended: by dependencies and what groups consist of, on branches (law 4), and because what
 * is read as it streams does not get on before its reader starts.
 */
export class Waits {
  readonly #isOver: (node: Node) => boolean
  readonly #underway: Underway | undefined
  readonly #ahead = new Map<Node, Ahead[]>()
  readonly #listeners = new Map<Node, Node[]>()

  /** Of all of these, which are to be run, each with what is inside of it; and of what is under way. */
  constructor(nodes: Iterable<Node>, isOver: (node: Node) => boolean, underway?: Underway) {
    this.#isOver = isOver
    this.#underway = underway
    const levels = new Map<Node | undefined, Node[]>()
    for (const node of nodes) {
      if (isOver(node)) continue
      this.#listen(node)
      push(levels, node.inside, node)
    }
    for (const level of levels.values()) this.#lineUp(level)
    for (const node of underway?.nodes ?? []) if (!isOver(node)) this.#listen(node)
  }

  /** A circle in which operations wait for one another, reached from one of these: each before the one that waits for it. */
  circle(from: Iterable<Node>): BraidError | undefined {
    const walked = { start: new Map<Node, 'open' | 'done'>(), end: new Map<Node, 'open' | 'done'>() }
    for (const node of from) {
      const way: Hurdle[] = []
      const left: Iterator<Hurdle>[] = []
      const enter = (hurdle: Hurdle): void => {
        walked[hurdle.moment.what].set(hurdle.moment.node, 'open')
        way.push(hurdle)
        left.push(this.#hurdles(hurdle.moment))
      }
      if (!walked.start.has(node)) enter({ moment: { node, what: 'start' } })
      for (let hurdles = left.at(-1); hurdles; hurdles = left.at(-1)) {
        const next = hurdles.next()
        if (next.done) {
          const done = way.pop() as Hurdle
          walked[done.moment.what].set(done.moment.node, 'done')
          left.pop()
          continue
        }
        const { moment } = next.value
        const known = walked[moment.what].get(moment.node)
        if (known === 'open') return waitsForItself(closed(way, next.value))
        if (known === undefined) enter(next.value)
      }
    }
    return undefined
  }

  *#hurdles({ node, what }: Moment): Generator<Hurdle, void> {
    if (this.#isOver(node)) return
    if (what === 'end') {
      yield { moment: { node, what: 'start' } }
      for (const inner of insideOf(node)) yield { moment: { node: inner, what: 'end' } }
      for (const { from, type } of node.parents) if (type === 'stream') yield { moment: { node: from, what: 'end' } }
      for (const listener of this.#listeners.get(node) ?? []) {
        const why = `"${listener.operation.id}" reads the stream of "${node.operation.id}"`
        yield { moment: { node: listener, what: 'start' }, why }
      }
      return
    }
    for (const { from, type } of node.parents)
      yield { moment: { node: from, what: type === 'stream' ? 'start' : 'end' } }
    if (node.inside) yield { moment: { node: node.inside, what: 'start' } }
    for (const [other, branch] of this.#ahead.get(node) ?? this.#underway?.ahead(node) ?? []) {
      const why = `"${other.operation.id}" goes before "${node.operation.id}" on the branch "${branch}"`
      yield { moment: { node: other, what: 'end' }, why }
    }
  }

  #listen(node: Node): void {
    for (const { from, type } of node.parents) if (type === 'stream') push(this.#listeners, from, node)
  }

  #lineUp(level: readonly Node[]): void {
    for (const [branch, line] of branchLines(level)) {
      for (const [index, node] of line.entries()) {
        if (index > 0) push(this.#ahead, node, [line[index - 1] as Node, branch] as const)
      }
    }
  }
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** The part of the way that `last` closes, begun where one waits for its reader if there is such a place. */
function closed(way: readonly Hurdle[], last: Hurdle): readonly Hurdle[] {
  const { node, what } = last.moment
  const ring = [...way.slice(way.findIndex(({ moment }) => moment.node === node && moment.what === what) + 1), last]
  const stream = ring.findIndex(({ moment, why }) => why !== undefined && moment.what === 'start')
  return stream < 0 ? ring : [...ring.slice(stream), ...ring.slice(0, stream)]
}

function waitsForItself(ring: readonly Hurdle[]): BraidError {
  const ids = ring.map(({ moment }) => moment.node.operation.id).reverse()
  const path = ids.filter((id, index) => id !== ids[index - 1])
  if (path[0] !== path.at(-1)) path.push(path[0] as string)
  const reasons = ring.flatMap(({ why }) => why ?? [])
  const because = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
  const streams = ring.some(({ moment, why }) => why !== undefined && moment.what === 'start')
  return new BraidError(
    streams ? 'invalid_plan' : 'cycle',
    `operations must not wait for themselves, and these would: ${path.join(' → ')}${because}`,
  )
}
