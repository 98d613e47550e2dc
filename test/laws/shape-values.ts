/** A number for any value that a program makes. */
export function digest(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => (sum * 31 + digest(each)) % 1_000_003, 7)
  if (typeof value === 'number') return value
  let sum = 11
  for (const letter of String(value)) sum = (sum * 31 + letter.charCodeAt(0)) % 1_000_003
  return sum
}
