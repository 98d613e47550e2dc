/** The name that was probably meant, if one is near enough: case and underscores do not count, and at most two letters may differ. */
export function closest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = 3
  for (const name of names) {
    const letters = distance(plain(word), plain(name))
    if (letters >= least || letters >= name.length) continue
    least = letters
    best = name
  }
  return best
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase()
}

/** How many letters must change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
