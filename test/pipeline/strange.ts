import fc from 'fast-check'

/** One of these frames, in which one or two fields have come to hold anything. */
export function strangely(frames: readonly object[]): fc.Arbitrary<object> {
  return fc
    .record({
      frame: fc.constantFrom(...frames),
      edits: fc.array(fc.record({ turns: fc.array(fc.nat(), { maxLength: 6 }), value: fc.jsonValue() }), {
        minLength: 1,
        maxLength: 2,
      }),
    })
    .map(({ frame, edits }) => {
      const copy = structuredClone(frame)
      for (const { turns, value } of edits) replaceAt(copy, turns, structuredClone(value))
      return copy
    })
}

/** Walks down by `turns` and puts the value there. */
function replaceAt(holder: object, turns: readonly number[], value: unknown): void {
  const fields = Object.keys(holder)
  const field = fields[(turns[0] ?? 0) % fields.length]
  if (field === undefined) return
  const inside: unknown = Reflect.get(holder, field)
  if (typeof inside === 'object' && inside !== null && turns.length > 1) replaceAt(inside, turns.slice(1), value)
  else Reflect.set(holder, field, value)
}
