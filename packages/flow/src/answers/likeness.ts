/**
 * Which of the names given was meant by each name that is missing. Names that differ in case, spaces, `_` and `-` alone are the same; with
 * `typos`, so are those that differ in one letter of four or two of eight. Only where it is certain: one name for one.
 */
export function meant(
  missing: readonly string[],
  given: readonly string[],
  typos: boolean,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const match = (like: (a: string, b: string) => boolean): void => {
    const taken = new Set(found.values())
    const free = given.filter((name) => !taken.has(name))
    const open = missing.filter((name) => !found.has(name))
    for (const name of open) {
      const alike = free.filter((each) => like(plain(name), plain(each)))
      const [only] = alike
      if (alike.length !== 1 || only === undefined) continue
      if (open.filter((each) => like(plain(each), plain(only))).length === 1) found.set(name, only)
    }
  }
  match((a, b) => a === b)
  // Names and missing names are few; a record of thousands of entries is no misspelt object.
  if (typos && given.length <= 64) match(differsLittle)
  return found
}

function plain(name: string): string {
  return name.replaceAll(/[\s_-]/g, '').toLowerCase()
}

function differsLittle(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length)
  const may = shorter >= 8 ? 2 : shorter >= 4 ? 1 : 0
  return Math.abs(a.length - b.length) <= may && a.length <= 64 && distance(a, b) <= may
}

/** How many letters must be changed, added, left out or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change, swapped ? before[j - 2]! + 1 : change))
    }
    before = row
    row = next
  }
  return row[b.length]!
}
