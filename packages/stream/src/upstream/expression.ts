/*
 * How ai-protocol's manifests write paths and conditions: `$.choices[0].delta.content`, and the same without `$.` where a default mapper reads
 * them.
 */

const BARE_PATH = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\[(\d+|\*)\])+$/
const KEYWORDS: ReadonlySet<string> = new Set(['exists', 'in', 'true', 'false', 'null'])

/** Whether a field's value is a path, with `$` or, where it cannot be a word, without. */
export function isPath(value: unknown): value is string {
  return typeof value === 'string' && (value.startsWith('$') || BARE_PATH.test(value))
}

/** A path from the frame, or from `root`. */
export function rooted(path: string, root = '$'): string {
  return path.startsWith('$') ? path : `${root}.${path}`
}

/** A condition of which every path starts at the frame, or at `root`. */
export function rootedCondition(condition: string, root = '$'): string {
  if (condition.includes('$')) return condition
  return condition.replace(/'[^']*'|"[^"]*"|[A-Za-z_][\w.[\]*-]*/g, (word) =>
    /^['"]/.test(word) || KEYWORDS.has(word) ? word : `${root}.${word}`,
  )
}

/** The same place, whatever element of its arrays: what is said of the first is meant of each. */
export function placeOf(path: string): string {
  return path.replace(/\[\d+\]/g, '[*]')
}

/** The arrays that a path runs through, as one text. */
export function arraysOf(path: string): string {
  return path.slice(0, path.lastIndexOf('[*]') + 1)
}
