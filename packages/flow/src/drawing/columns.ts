import { type Label, oneLine } from './label.ts'
import { fit, padded, widthOf } from './width.ts'

/** A part of the width that lines, names and outcomes each take at most; what is left is for the rest. */
export const SHARE = 0.4

/** A row of a drawing: the lines, and the operation that stands there, if one does. */
export interface DrawnRow {
  readonly text: string
  readonly label?: Pick<Label, 'id' | 'became' | 'about'>
}

/** Lines, name, what became of it, and the rest, each in a column; as much of it as fits. */
export function drawColumns(rows: readonly DrawnRow[], width: number): string {
  const columns = rows.map(({ text, label }) => {
    if (!label) return { text, name: '', became: '', about: '' }
    return { text, name: oneLine(label.id), became: oneLine(label.became), about: label.about.map(oneLine).join(' · ') }
  })
  const most = Math.floor(width * SHARE)
  const railWidth = widest(columns.map(({ text }) => text))
  const nameWidth = Math.min(most, widest(columns.map(({ name }) => name)))
  const becameWidth = Math.min(most, widest(columns.map(({ became }) => became)))
  return columns
    .map(({ text, name, became, about }) => {
      const cells = [padded(text, railWidth), padded(fit(name, nameWidth), nameWidth)]
      if (becameWidth > 0) cells.push(padded(fit(became, becameWidth), becameWidth))
      return fit([...cells, about].join('  ').trimEnd(), width)
    })
    .join('\n')
}

export function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, widthOf(text)), 0)
}
