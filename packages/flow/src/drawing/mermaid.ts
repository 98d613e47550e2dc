import type { Outcome } from '@braid/core'
import { withInside } from '../builder/group.ts'
import type { Edge, Node } from '../builder/node.ts'
import type { Nodes } from '../builder/nodes.ts'
import { labelOf, oneLine, type Status, symbolOf } from './label.ts'
import { membersOf, turnsOf } from './lines.ts'

/** How each status is drawn. */
const STYLES: Readonly<Record<Status, string>> = {
  completed: 'stroke:#1a7f37,stroke-width:2px',
  failed: 'stroke:#cf222e,stroke-width:3px',
  skipped: 'stroke:#8c959f,stroke-dasharray:4 3',
  cancelled: 'stroke:#9a6700,stroke-dasharray:2 2',
}

const ARROWS: Readonly<Record<Edge['type'], string>> = { context: '==>', order: '-->', stream: '-->|"stream"|' }

/**
 * A flowchart in Mermaid's language (https://mermaid.js.org/syntax/flowchart.html). Names appear in quoted labels alone, so that none can be
 * a keyword or end what it stands in.
 */
export function drawMermaid(nodes: Nodes, outcomes: ReadonlyMap<string, Outcome>): string {
  const chart = new Chart([...withInside(nodes)], outcomes)
  return [
    'flowchart TD',
    ...chart.nodes(nodes.list, nodes.fans, '  '),
    ...chart.edges(nodes.list),
    ...chart.styles(),
  ].join('\n')
}

class Chart {
  readonly #keys: ReadonlyMap<Node, string>
  readonly #outcomes: ReadonlyMap<string, Outcome>
  readonly #statuses = new Set<Status>()

  constructor(all: readonly Node[], outcomes: ReadonlyMap<string, Outcome>) {
    this.#keys = new Map(all.map((node, index) => [node, `n${index}`]))
    this.#outcomes = outcomes
  }

  /** Each where it is first met: in the box of its fan, or by itself. */
  nodes(list: readonly Node[], fans: readonly (readonly Node[])[], indent: string): readonly string[] {
    const met = new Set<Node>()
    return list.flatMap((node) => {
      if (met.has(node)) return []
      const fan = fans.find((each) => each.includes(node))?.filter((each) => !met.has(each)) ?? []
      for (const each of [node, ...fan]) met.add(each)
      if (fan.length < 2) return this.#node(node, indent)
      const inside = fan.flatMap((each) => this.#node(each, `${indent}  `))
      return [`${indent}subgraph fan-${this.#key(node)}[" "]`, ...inside, `${indent}end`]
    })
  }

  /** Those of these, the order on the branches that they share, and the same inside of each. */
  edges(list: readonly Node[]): readonly string[] {
    return [
      ...list.flatMap((to) => to.parents.map(({ from, type }) => this.#edge(from, ARROWS[type], to))),
      ...turnsOf(list).map(({ from, to, branch }) => this.#edge(from, `-.->|"${escaped(branch)}"|`, to)),
      ...list.flatMap((node) => this.edges(membersOf(node))),
    ]
  }

  /** Of the statuses that were drawn. */
  styles(): readonly string[] {
    return Array.from(this.#statuses, (status) => `  classDef ${status} ${STYLES[status]}`)
  }

  #node(node: Node, indent: string): readonly string[] {
    const key = this.#key(node)
    const outcome = this.#outcomes.get(node.operation.id)
    if (outcome) this.#statuses.add(outcome.status)
    const label = `${key}["${labelText(node, outcome)}"]`
    const members = membersOf(node)
    if (members.length === 0) return [`${indent}${label}${outcome ? `:::${outcome.status}` : ''}`]
    const inside = this.nodes(members, fansIn(node), `${indent}  `)
    const style = outcome ? [`${indent}class ${key} ${outcome.status}`] : []
    return [`${indent}subgraph ${label}`, ...inside, `${indent}end`, ...style]
  }

  #edge(from: Node, arrow: string, to: Node): string {
    return `  ${this.#key(from)} ${arrow} ${this.#key(to)}`
  }

  #key(node: Node): string {
    return this.#keys.get(node) ?? ''
  }
}

function fansIn({ kind }: Node): readonly (readonly Node[])[] {
  return kind.type === 'group' ? kind.of.pieces.flatMap(({ nodes }) => nodes.fans) : []
}

function labelText(node: Node, outcome: Outcome | undefined): string {
  const { id, about, became } = labelOf(node, outcome)
  const rows = [(outcome ? `${symbolOf(outcome.status)} ` : '') + escaped(id), about.map(escaped).join(' · ')]
  if (became !== '') rows.push(escaped(became))
  return rows.join('<br/>')
}

/**
 * Letters, digits, spaces and commas stay as they are, and a hyphen, underscore or slash between letters: enough to read most names. All else
 * is an entity: a label is HTML after it was Markdown after it was a quoted text, and each has characters of its own.
 */
function escaped(text: string): string {
  return oneLine(text).replace(
    /(?<![\p{L}\p{N}])[-_/]|[-_/](?![\p{L}\p{N}])|[^\p{L}\p{N}\p{M} ,_/-]/gu,
    (character) => `#${character.codePointAt(0)};`,
  )
}
