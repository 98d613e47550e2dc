/**
 * `cpu` is how much of the measured time the main thread ran, where that is known.
 * @typedef {{ what: string, limit: number, measured: number, cpu: number | null }} Target
 * @typedef {{ title: string, columns: readonly string[], rows: readonly (readonly string[])[] }} Table
 * @typedef {{ tables: readonly Table[], targets: readonly Target[], notes: readonly string[] }} Report
 */

/** @param {Report} report */
export function render({ tables, targets, notes }) {
  return [...tables.map(table), [...targets.map(verdict), ...notes].join('\n')].map((part) => `\n${part}`).join('\n')
}

/**
 * The worst of several values against a limit.
 * @param {string} what
 * @param {number} limit
 * @param {readonly number[]} values
 * @param {readonly (number | null)[]} cpu
 * @returns {Target}
 */
export function target(what, limit, values, cpu) {
  return { what, limit, measured: Math.max(...values), cpu: cpu.includes(null) ? null : Math.max(...cpu) }
}

/** @param {Target} target */
function verdict({ what, limit, measured, cpu }) {
  const busy = cpu === null ? '' : `, ${number(cpu)} on the processor`
  return `${measured <= limit ? 'met   ' : 'MISSED'} ${what}: ${number(measured)}${busy}; at most ${limit}`
}

/** @param {Table} table */
function table({ title, columns, rows }) {
  const all = [columns, ...rows]
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index].length)))
  const lines = all.map((row) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join('   '),
  )
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('   '))
  return [title, ...lines].join('\n')
}

/**
 * Two or three digits that mean something.
 * @param {number | null | undefined} value
 */
export function number(value) {
  if (value === null || value === undefined) return '–'
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2)
}

/**
 * A value and how many times the baseline it is.
 * @param {number | null | undefined} value
 * @param {number | null | undefined} baseline
 */
export function withRatio(value, baseline) {
  if (value === null || value === undefined || !baseline) return number(value)
  const ratio = value / baseline
  return `${number(value)} (${ratio >= 10 ? Math.round(ratio).toLocaleString('en') : ratio.toFixed(1)}×)`
}
