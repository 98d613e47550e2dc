/** An edge between places in the order of drawing. */
export interface Rail {
  readonly from: number
  readonly to: number
  readonly dotted: boolean
}

/** What stands left of a name: `├─│─●`, and of anything between it and the next row: `│ │`. A row without a place only leads on. */
export interface RailRow {
  readonly place: number | undefined
  readonly text: string
  readonly under: string
}

/** Leads down from one operation to those that need it, the last of which is at `until`. */
interface Lane {
  readonly from: number
  readonly until: number
  readonly dotted: boolean
}

/**
 * Draws a graph as rows, one for each place from 0 to `count`, in an order in which edges lead downwards. What stands below another without
 * anything between them follows from it; where it does not, a row keeps them apart. Undefined where it would be wider than `widest`.
 */
export function drawRails(
  count: number,
  rails: readonly Rail[],
  glyph: (place: number) => string,
  widest: number,
): readonly RailRow[] | undefined {
  const into: Rail[][] = Array.from({ length: count }, () => [])
  const out: Rail[][] = Array.from({ length: count }, () => [])
  for (const rail of rails) {
    into[rail.to]?.push(rail)
    out[rail.from]?.push(rail)
  }
  const rows: RailRow[] = []
  let lanes: (Lane | undefined)[] = []
  /** Where the last row's place stood. */
  let above = -1
  for (let place = 0; place < count; place += 1) {
    const before = lanes
    const comes = (lane: Lane | undefined): boolean =>
      lane !== undefined &&
      into[place]?.some(({ from, dotted }) => from === lane.from && dotted === lane.dotted) === true
    const ends = (lane: Lane | undefined): boolean => comes(lane) && lane?.until === place
    const taken = before.findIndex(ends)
    const at = taken >= 0 ? taken : freeAt(before)
    const unseen = before[at]?.dotted && before[at].from === place - 1
    if ((at === above && taken < 0) || unseen)
      rows.push({ place: undefined, text: leading(before), under: leading(before) })

    lanes = before.map((lane) => (ends(lane) ? undefined : lane))
    lanes[at] = undefined
    const opened = new Set<number>()
    for (const dotted of [false, true]) {
      const leads = out[place]?.filter((rail) => rail.dotted === dotted) ?? []
      if (leads.length === 0) continue
      const lane: Lane = { from: place, until: Math.max(...leads.map(({ to }) => to)), dotted }
      // Not where a lane ends just now: it would look like that one, going on.
      const free = opened.size === 0 ? at : freeAt(lanes.map((open, index) => open ?? before[index]))
      lanes[free] = lane
      opened.add(free)
    }
    if (lanes.length * 2 - 1 > widest) return undefined
    rows.push({ place, text: row(at, glyph(place), before, lanes, comes, opened), under: leading(lanes) })
    above = at
  }
  return rows
}

function freeAt(lanes: readonly (Lane | undefined)[]): number {
  const free = lanes.indexOf(undefined)
  return free < 0 ? lanes.length : free
}

/** A row in which every lane goes on. */
function leading(lanes: readonly (Lane | undefined)[]): string {
  return Array.from(lanes, (lane) => upright(lane))
    .join(' ')
    .trimEnd()
}

function upright(lane: Lane | undefined): string {
  return lane === undefined ? ' ' : lane.dotted ? '┊' : '│'
}

/** The row of the place at lane `at`: what comes into it, what goes on beside it, and what it opens. */
function row(
  at: number,
  glyph: string,
  before: readonly (Lane | undefined)[],
  after: readonly (Lane | undefined)[],
  comes: (lane: Lane | undefined) => boolean,
  opened: ReadonlySet<number>,
): string {
  const width = Math.max(before.length, after.length, at + 1)
  const up = (lane: number): boolean => lane !== at && comes(before[lane])
  const down = (lane: number): boolean => lane !== at && opened.has(lane)
  const touched = Array.from({ length: width }, (_, lane) => lane).filter(
    (lane) => lane === at || up(lane) || down(lane),
  )
  const [low, high] = [touched[0] ?? at, touched.at(-1) ?? at]
  let text = ''
  for (let lane = 0; lane < width; lane += 1) {
    if (lane === at) text += glyph
    else if (up(lane) || down(lane))
      text += joint(lane > low, lane < high, up(lane), down(lane) || after[lane] !== undefined)
    // What only passes by is not joined: `─│─`.
    else if (before[lane] !== undefined) text += upright(before[lane])
    else text += lane > low && lane < high ? '─' : ' '
    const across = lane >= low && lane < high
    if (!across) text += ' '
    else {
      const beyond = touched.filter((each) => (lane < at ? each <= lane : each > lane))
      text += beyond.every((each) => (before[each] ?? after[each])?.dotted) ? '┄' : '─'
    }
  }
  return text.trimEnd()
}

function joint(left: boolean, right: boolean, up: boolean, down: boolean): string {
  if (up && down) return left && right ? '┼' : left ? '┤' : '├'
  if (up) return left && right ? '┴' : left ? '╯' : '╰'
  return left && right ? '┬' : left ? '╮' : '╭'
}
