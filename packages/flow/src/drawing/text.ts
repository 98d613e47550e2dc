import type { Outcome } from '@braid/core'
import { needsOf, withInside } from '../builder/group.ts'
import type { Node } from '../builder/node.ts'
import { topologicalOrder } from '../builder/order.ts'
import { type DrawnRow, drawColumns, SHARE, widest } from './columns.ts'
import { labelOf, symbolOf } from './label.ts'
import { membersOf, parentsBy, type Turn, turnsOf } from './lines.ts'
import { drawRails, type Rail } from './rails.ts'
import { padded } from './width.ts'

/** What stands left of a name. A row without an operation only leads on to the next one. */
interface Row {
  readonly node: Node | undefined
  readonly text: string
}

/**
 * A drawing for a terminal, in Unicode and without colours: one row for each operation, its parents above it and what is inside of it below,
 * indented. Where there are so many lines that no room is left for words, each row names its parents instead.
 */
export function drawText(nodes: readonly Node[], outcomes: ReadonlyMap<string, Outcome>, width: number): string {
  const glyph = (node: Node): string => {
    const outcome = outcomes.get(node.operation.id)
    return outcome ? symbolOf(outcome.status) : outcomes.size > 0 ? '○' : '●'
  }
  const drawn = drawRows(nodes, glyph, width * SHARE)
  const rows = drawn ?? Array.from(withInside(topologicalOrder(nodes)), (node): Row => ({ node, text: glyph(node) }))
  const turns = drawn ? new Map<Node, Node>() : allTurns(nodes)
  const drawnRows = rows.map(({ node, text }): DrawnRow => {
    if (!node) return { text }
    const { id, became, about } = labelOf(node, outcomes.get(node.operation.id))
    return { text, label: { id, became, about: [...about, ...parentsOf(node, drawn === undefined, turns.get(node))] } }
  })
  return drawColumns(drawnRows, width)
}

/** Undefined where they would be wider than `room`. */
function drawRows(nodes: readonly Node[], glyph: (node: Node) => string, room: number): readonly Row[] | undefined {
  const ordered = topologicalOrder(nodes)
  const rails = drawRails(ordered.length, railsOf(ordered), (place) => glyph(ordered[place] as Node), room)
  if (!rails) return undefined
  const indent = widest(rails.map(({ text }) => text)) + 1
  const rows: Row[] = []
  for (const { place, text, under } of rails) {
    const node = place === undefined ? undefined : ordered[place]
    rows.push({ node, text })
    const members = node ? membersOf(node) : []
    if (members.length === 0) continue
    const inside = drawRows(members, glyph, room - indent)
    if (!inside) return undefined
    for (const row of inside) rows.push({ node: row.node, text: `${padded(under, indent)}${row.text}`.trimEnd() })
  }
  return rows
}

/** Down from all that one waits for: for a group, from what its inside takes from here as well. */
function railsOf(ordered: readonly Node[]): readonly Rail[] {
  const places = new Map(ordered.map((node, place) => [node, place]))
  const rails = ordered.flatMap((node, to) =>
    [...new Set(needsOf(node))].flatMap((need): Rail[] => {
      const from = places.get(need)
      return from === undefined ? [] : [{ from, to, dotted: false }]
    }),
  )
  for (const { from, to } of turnsOf(ordered)) {
    // Not drawn again where a dependency makes that order anyway.
    if (to.join === 'all' && to.parents.some((edge) => edge.from === from)) continue
    rails.push({ from: places.get(from) as number, to: places.get(to) as number, dotted: true })
  }
  return rails
}

/** By the operation that comes after. */
function allTurns(nodes: readonly Node[]): ReadonlyMap<Node, Node> {
  const turns: Turn[] = [...turnsOf(nodes)]
  for (const node of withInside(nodes)) turns.push(...turnsOf(membersOf(node)))
  return new Map(turns.map(({ from, to }) => [to, from]))
}

/** Whose results it is given and whose words it reads; and where no lines lead there, all that it comes after. */
function parentsOf(node: Node, listed: boolean, before: Node | undefined): readonly string[] {
  const [context, stream, order] = [parentsBy(node, 'context'), parentsBy(node, 'stream'), parentsBy(node, 'order')]
  return [
    ...(context === '' ? [] : [`← ${context}`]),
    ...(stream === '' ? [] : [`reads ${stream}`]),
    ...(order === '' || !listed ? [] : [`after ${order}`]),
    ...(before === undefined ? [] : [`in turn after ${before.operation.id}`]),
  ]
}
