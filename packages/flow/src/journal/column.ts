/** The largest number that a column takes. */
export const COLUMN_MAX = 50_000

/**
 * Small whole numbers as text, one character each, so that JSON writes what is below 91 as one byte and reads all of it in one go. What JSON
 * would escape (`"` and `\`) and what is no character by itself is left out.
 */
export function characterOf(value: number): string {
  return String.fromCharCode(value < 57 ? value + 35 : value < 91 ? value + 36 : value + 70)
}

export function numbersOf(column: string): number[] {
  const numbers = new Array<number>(column.length)
  for (let at = 0; at < column.length; at += 1) {
    const code = column.charCodeAt(at)
    numbers[at] = code < 92 ? code - 35 : code < 127 ? code - 36 : code - 70
  }
  return numbers
}
