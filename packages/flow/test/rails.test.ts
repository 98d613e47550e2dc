import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawRails, type Rail, type RailRow } from '../src/drawing/rails.ts'

function draw(
  count: number,
  rails: readonly Rail[],
  widest = Number.POSITIVE_INFINITY,
): readonly RailRow[] | undefined {
  return drawRails(count, rails, () => '●', widest)
}

function solid(...edges: (readonly [number, number])[]): Rail[] {
  return edges.map(([from, to]) => ({ from, to, dotted: false }))
}

/** As a reader follows the lines: from each operation to what stands at the other end of what comes into it. */
function follow(rows: readonly RailRow[]): string[] {
  const at = (row: number, column: number): string => rows[row]?.text[column] ?? ' '
  const glyphOf = (row: number): number => rows[row]?.text.indexOf('●') ?? -1
  const up = (row: number, column: number): number | undefined => {
    for (let above = row - 1; above >= 0; above -= 1) {
      const mark = at(above, column)
      if ('●┬╮╭'.includes(mark)) return rows[above]?.place
      if (!'│┊├┤┼'.includes(mark)) return undefined
    }
    return undefined
  }
  return rows.flatMap(({ place, text }, row) => {
    if (place === undefined) return []
    const joined = [glyphOf(row), ...Array.from(text, (mark, column) => ('╰╯┴├┤┼'.includes(mark) ? column : -1))]
    const parents = joined.filter((column) => column >= 0).map((column) => up(row, column))
    return parents.filter((parent) => parent !== undefined).map((parent) => `${parent} → ${place}`)
  })
}

test('a chain stands in one column, and a fan opens and closes', () => {
  const text = (rows: readonly RailRow[] | undefined): string[] | undefined => rows?.map((row) => row.text)
  expect(text(draw(3, solid([0, 1], [1, 2])))).toEqual(['●', '●', '●'])
  expect(text(draw(5, solid([0, 1], [0, 2], [0, 3], [1, 4], [2, 4], [3, 4])))).toEqual([
    '●',
    '├─●',
    '├─│─●',
    '● │ │',
    '●─┴─╯',
  ])
})

test('what has nothing to do with what stands above it is kept apart', () => {
  expect(draw(3, solid([0, 2]))?.map(({ text }) => text)).toEqual(['●', '│ ●', '●'])
  expect(draw(3, [])?.map(({ text }) => text)).toEqual(['●', '', '●', '', '●'])
})

test('the order on a branch is dotted, and is seen also between neighbours', () => {
  expect(draw(2, [{ from: 0, to: 1, dotted: true }])?.map(({ text }) => text)).toEqual(['●', '┊', '●'])
  const both: Rail[] = [...solid([0, 1]), { from: 0, to: 2, dotted: true }]
  expect(draw(3, both)?.map(({ text }) => text)).toEqual(['●┄╮', '● ┊', '  ●'])
})

test('what would be too wide is not drawn', () => {
  const fan = solid(...Array.from({ length: 20 }, (_, index) => [0, index + 1] as const))
  const join = solid(...Array.from({ length: 20 }, (_, index) => [index + 1, 21] as const))
  expect(draw(22, [...fan, ...join], 30)).toBeUndefined()
  expect(draw(22, [...fan, ...join], 50)).toHaveLength(22)
})

test('whoever follows the lines of any graph finds its edges and no others', () => {
  const graphs = fc.integer({ min: 1, max: 14 }).chain((count) => {
    const place = fc.nat({ max: count - 1 })
    const edges = fc.uniqueArray(fc.tuple(place, place), { maxLength: 30, selector: ([a, b]) => `${a}-${b}` })
    const branches = fc.array(fc.option(fc.nat({ max: 2 })), { minLength: count, maxLength: count })
    return fc.record({ count: fc.constant(count), edges, branches })
  })
  fc.assert(
    fc.property(graphs, ({ count, edges, branches }) => {
      const rails = solid(...edges.filter(([from, to]) => from < to))
      for (const branch of [0, 1, 2]) {
        const line = branches.flatMap((each, place) => (each === branch ? [place] : []))
        for (const [index, to] of line.entries()) {
          const from = line[index - 1]
          if (from === undefined || rails.some((rail) => rail.from === from && rail.to === to)) continue
          rails.push({ from, to, dotted: true })
        }
      }
      const rows = draw(count, rails) ?? []
      expect(rows.filter((row) => row.place !== undefined).map((row) => row.place)).toEqual(
        Array.from({ length: count }, (_, place) => place),
      )
      expect(follow(rows).sort()).toEqual(rails.map(({ from, to }) => `${from} → ${to}`).sort())
    }),
    { numRuns: 500 },
  )
})
