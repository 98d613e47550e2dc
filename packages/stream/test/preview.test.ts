import { previewOf } from '@braid/stream'
import { describe, expect, it } from 'vitest'

describe('a preview of partial arguments', () => {
  it.each([
    ['', undefined],
    ['{', {}],
    ['{"ci', {}],
    ['{"city"', {}],
    ['{"city":', {}],
    ['{"city": "', { city: '' }],
    ['{"city":"Par', { city: 'Par' }],
    ['{"city":"Paris","days":1', { city: 'Paris' }],
    ['{"city":"Paris","days":12,', { city: 'Paris', days: 12 }],
    ['{"city":"Paris","rain":tru', { city: 'Paris' }],
    ['{"a":{"b":[1,2,{"c":"d', { a: { b: [1, 2, { c: 'd' }] } }],
    ['[[1],[2', [[1], []]],
    ['{"a":"say \\', { a: 'say ' }],
    ['{"a":"caf\\u00e', { a: 'caf' }],
    ['{"a":"caf\\u00e9', { a: 'café' }],
    ['{"a":"\\"{', { a: '"{' }],
    ['{"a":1}', { a: 1 }],
    ['"just te', 'just te'],
    ['no JSON', undefined],
    ['{"a":1]', undefined],
    ['{"a" 1', undefined],
  ])('of %j', (text, value) => {
    expect(previewOf(text)).toEqual(value)
  })

  it('never fails, and only grows, whatever the text is cut at', () => {
    const whole = { say: 'a "b" \\ {c} 🎲', list: [1, -2.5e3, null, true, ['x', {}]], deep: { er: { est: 'é' } } }
    const text = JSON.stringify(whole, null, 1)
    let before = 0
    for (let to = 1; to <= text.length; to++) {
      const seen = JSON.stringify(previewOf(text.slice(0, to))).length
      expect(seen, text.slice(0, to)).toBeGreaterThanOrEqual(before)
      // A lone half of a character is written as six letters.
      before = seen - 6
    }
    expect(previewOf(text)).toEqual(whole)
  })

  it('keeps a name that would reach the prototype to itself', () => {
    const preview = previewOf('{"__proto__":{"polluted":true},"a":"b') as object
    expect(Object.getPrototypeOf(preview)).toBe(Object.prototype)
    expect(Object.hasOwn(preview, '__proto__')).toBe(true)
  })
})
