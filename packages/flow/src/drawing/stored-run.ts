import { BraidError, type OperationRecord, type PlannedOperation, type RunRecord } from '@braid/core'
import type { Session } from '../session/session.ts'
import { type DrawnRow, drawColumns, SHARE, widest } from './columns.ts'
import { type TextOptions, widthOf } from './drawing.ts'
import { becameOf, duration, symbolOf } from './label.ts'
import { drawRails, type Rail } from './rails.ts'
import { padded } from './width.ts'

/** One operation of a run as the store has it: what was planned, what was recorded, and what is inside of it. */
interface Drawn {
  readonly id: string
  readonly planned: PlannedOperation | undefined
  readonly record: OperationRecord | undefined
  readonly inside: Drawn[]
}

/**
 * The graph of a run of a session on a file, whichever process runs or ran it, for a terminal: an operation a row, with how it stands, when it began and how
 * long it took. `●` runs, `○` has not begun. Throws `unknown_run`.
 *
 * @example
 * console.log(await drawRun(session, run.id, { width: process.stdout.columns }))
 */
export async function drawRun(session: Session, runId: string, options: TextOptions = {}): Promise<string> {
  const width = widthOf(options)
  const { runs } = session.store
  const run = await runs?.run(runId)
  if (!runs || !run)
    throw new BraidError('unknown_run', `no run "${runId}" is in this session; runs.list() has those that are`)
  const roots = treeOf(run.plan ?? [], await runs.operations(runId))
  return drawColumns(rowsOf(roots, run, width * SHARE), width)
}

/** An id is the path to it: `chapters/3/polish` is inside of `chapters`. */
function treeOf(plan: readonly PlannedOperation[], records: readonly OperationRecord[]): readonly Drawn[] {
  const recorded = new Map(records.map((record) => [record.id, record]))
  const planned = new Map(plan.map((operation) => [operation.id, operation]))
  const all = new Map<string, Drawn>()
  for (const id of new Set([...planned.keys(), ...recorded.keys()])) {
    all.set(id, { id, planned: planned.get(id), record: recorded.get(id), inside: [] })
  }
  const roots: Drawn[] = []
  for (const [id, drawn] of all) {
    let above: Drawn | undefined
    for (let end = id.lastIndexOf('/'); end > 0 && !above; end = id.lastIndexOf('/', end - 1))
      above = all.get(id.slice(0, end))
    const beside = above?.inside ?? roots
    beside.push(drawn)
  }
  return roots
}

function rowsOf(level: readonly Drawn[], run: RunRecord, room: number): readonly DrawnRow[] {
  // What was built as it ran has no plan, and no edges are known of it.
  const built = level.length > 0 && level.every(({ planned }) => planned === undefined)
  const ordered = built ? level.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })) : inOrder(level)
  const glyph = (place: number): string => glyphOf(ordered[place]?.record)
  const rails = built ? undefined : drawRails(ordered.length, railsOf(ordered), glyph, room)
  // Where there is no room for lines, the names tell.
  const plain = ordered.map((_, place) => ({ place, text: glyph(place), under: ' ' }))
  const rows = rails ?? plain
  const indent = widest(rows.map(({ text }) => text)) + 1
  return rows.flatMap(({ place, text, under }): readonly DrawnRow[] => {
    const drawn = place === undefined ? undefined : ordered[place]
    if (!drawn) return [{ text }]
    const inside = rowsOf(drawn.inside, run, room - indent)
    return [
      { text, label: labelOf(drawn, run) },
      ...inside.map((row) => ({ ...row, text: `${padded(under, indent)}${row.text}`.trimEnd() })),
    ]
  })
}

function glyphOf(record: OperationRecord | undefined): string {
  return record?.outcome ? symbolOf(record.outcome.status) : record?.startedAt ? '●' : '○'
}

function labelOf({ id, planned, record }: Drawn, run: RunRecord): NonNullable<DrawnRow['label']> {
  const branch = record?.branch ?? planned?.branch
  const about = [record?.kind ?? planned?.kind ?? '']
  if (branch !== undefined) about.push(`on ${branch}`)
  if (planned?.join !== undefined) about.push(`join ${planned.join}`)
  if (record?.startedAt) about.push(`began at ${duration(record.startedAt.getTime() - run.startedAt.getTime())}`)
  const context = planned?.edges.filter(({ type }) => type === 'context').map(({ from }) => from) ?? []
  if (context.length > 0) about.push(`← ${context.join(', ')}`)
  return { id, became: becameOfRecord(record, id), about }
}

function becameOfRecord(record: OperationRecord | undefined, id: string): string {
  if (!record?.outcome) return record?.startedAt ? 'running' : ''
  const { outcome, startedAt, endedAt } = record
  const took =
    startedAt && endedAt && outcome.status !== 'completed'
      ? ` after ${duration(endedAt.getTime() - startedAt.getTime())}`
      : ''
  return `${becameOf(outcome, id)}${took}`
}

/** A topological order of one level, in which ties keep the order that they are given in. */
function inOrder(level: readonly Drawn[]): readonly Drawn[] {
  const left = new Set(level)
  const ordered: Drawn[] = []
  const ids = new Set(level.map(({ id }) => id))
  const placed = new Set<string>()
  const isReady = ({ id, planned }: Drawn): boolean =>
    planned?.edges.every(({ from }) => from === id || !ids.has(from) || placed.has(from)) ?? true
  while (left.size > 0) {
    // A plan has no cycles; what is damaged is drawn all the same.
    const next = [...left].filter(isReady)
    for (const drawn of next.length > 0 ? next : [...left]) {
      left.delete(drawn)
      placed.add(drawn.id)
      ordered.push(drawn)
    }
  }
  return ordered
}

function railsOf(ordered: readonly Drawn[]): readonly Rail[] {
  const places = new Map(ordered.map(({ id }, place) => [id, place]))
  const rails = ordered.flatMap(({ planned }, to) =>
    [...new Set(planned?.edges.map(({ from }) => from))].flatMap((id): Rail[] => {
      const from = places.get(id)
      return from === undefined || from >= to ? [] : [{ from, to, dotted: false }]
    }),
  )
  // Law 4: those that write one branch take turns, in this order.
  const before = new Map<string, number>()
  for (const [to, { planned }] of ordered.entries()) {
    const branch = planned?.branch
    if (branch === undefined) continue
    const from = before.get(branch)
    before.set(branch, to)
    if (from !== undefined && !rails.some((rail) => rail.from === from && rail.to === to))
      rails.push({ from, to, dotted: true })
  }
  return rails
}
