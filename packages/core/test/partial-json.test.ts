import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PartialJson } from '../src/index.ts'

/** Whether the second is the first, grown: longer texts, longer lists, more fields. */
function grown(before: unknown, after: unknown): boolean {
  if (before === undefined) return true
  if (typeof before === 'string') return typeof after === 'string' && after.startsWith(before)
  if (typeof before !== 'object' || before === null) return Object.is(before, after)
  if (typeof after !== 'object' || after === null || Array.isArray(before) !== Array.isArray(after)) return false
  return Object.entries(before).every(([name, value]) => {
    const now = Object.getOwnPropertyDescriptor(after, name)
    return now !== undefined && grown(value, now.value)
  })
}

/** JSON as models write it: any value, with white space wherever it may be. */
const written = fc
  .tuple(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), fc.boolean())
  .map(([value, indent, escaped]) => {
    const text = JSON.stringify(value, null, indent)
    if (!escaped) return text
    return text.replaceAll(/[^ -~\s]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)
  })

describe('JSON as it grows', () => {
  test('wherever it is cut, it never throws, only grows, and is in the end what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(written, fc.array(fc.nat()), (text, cuts) => {
        const json = new PartialJson()
        let seen: unknown
        let from = 0
        for (const to of [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b)) {
          json.push(text.slice(from, to))
          from = to
          const now = json.value
          expect(grown(seen, now)).toBe(true)
          seen = structuredClone(now)
        }
        json.end()
        expect(json.state).toBe('whole')
        expect(json.value).toEqual(JSON.parse(text))
        expect(Object.is(json.value, -0)).toBe(Object.is(JSON.parse(text), -0))
      }),
    )
  })

  test('however it is cut, what can be read by then is the same', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(), (text, end, cut) => {
        const head = text.slice(0, end % (text.length + 1))
        const whole = new PartialJson()
        whole.push(head)
        const parts = new PartialJson()
        const at = cut % (head.length + 1)
        parts.push(head.slice(0, at))
        parts.push(head.slice(at))
        expect([parts.value, parts.state]).toEqual([whole.value, whole.state])
      }),
    )
  })

  test('what is no JSON is broken where JSON.parse says no, and throws nothing', () => {
    const marks = fc.constantFrom(...'{}[]",:\\/ \n\ttruefalsnl0123456789.-+eE\'ud8'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: marks, maxLength: 12 }), (text) => {
        const json = new PartialJson()
        const to = json.push(text)
        json.end()
        let parsed: unknown
        try {
          parsed = JSON.parse(text)
        } catch {
          expect(json.state === 'whole' && text.slice(to).trim() === '').toBe(false)
          return
        }
        expect(json.state).toBe('whole')
        expect(json.value).toEqual(parsed)
      }),
      { numRuns: 2_000 },
    )
  })

  test('what was looked at before stays as it was', () => {
    const json = new PartialJson()
    json.push('{"a":[1,{"b":"x')
    const before = json.value
    json.push('y"},2],"c":3}')
    expect(before).toEqual({ a: [1, { b: 'x' }] })
    expect(json.value).toEqual({ a: [1, { b: 'xy' }, 2], c: 3 })
  })

  test('what is whole is shared between looks, and not copied', () => {
    const json = new PartialJson()
    json.push('[{"a":1},"')
    const [first] = json.value as unknown[]
    json.push('text"')
    expect((json.value as unknown[])[0]).toBe(first)
  })

  test('a name that would reach the prototype is a name, and of two the last counts', () => {
    const json = new PartialJson()
    json.push('{"__proto__":{"polluted":true},"a":1,"a":{"__proto__":"x')
    const value = json.value as Record<string, object>
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(value['a'])).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('half of a character is not shown', () => {
    const json = new PartialJson()
    json.push('"\\ud83c')
    expect(json.value).toBe('')
    json.push('\\udfb2')
    expect(json.value).toBe('🎲')
  })

  test('nothing is read below a depth at which nobody could write it again', () => {
    const json = new PartialJson()
    json.push('['.repeat(100_000))
    expect(json.state).toBe('broken')
    expect(() => JSON.stringify(json.value)).not.toThrow()
  })

  test('it tells where the value ended', () => {
    const json = new PartialJson()
    expect(json.push('x{"a":1} and more', 1)).toBe(8)
    expect(json.state).toBe('whole')
    expect(json.push('{"b":2}')).toBe(0)
  })
})
