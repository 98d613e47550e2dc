import { describe, expect, it } from 'vitest'
import { compileTest } from '../src/mapper/scope.ts'
import { getter } from '../src/selector/getter.ts'
import { parsePath } from '../src/selector/path.ts'
import { parsePredicate } from '../src/selector/predicate.ts'

const FRAME = {
  type: 'delta',
  n: 3,
  zero: 0,
  empty: '',
  off: false,
  on: true,
  nothing: null,
  list: [{ name: 'a' }, { name: null }, { name: 'c' }],
  'odd name': { 'b.c': 1 },
}

function holds(condition: string): boolean {
  return compileTest(parsePredicate(condition), [])({ values: [FRAME], positions: [] })
}

describe('paths', () => {
  it.each<[string, unknown]>([
    ['$', FRAME],
    ['$.type', 'delta'],
    ['$.list[0].name', 'a'],
    ['$.list[2].name', 'c'],
    ["$['odd name']['b.c']", 1],
    ['$.missing.deeper[3].still', undefined],
    ['$.type.length.x', undefined],
    ['$.nothing.x', undefined],
    ['$.list[*].name', 'a'],
    ['$.list[-1].name', 'c'],
    ['$.list[?@.name != null].name', 'a'],
    ["$.list[?(@.name=='c')].name", 'c'],
    ['$.list[1:].name', 'c'],
    ['$.list.*.name', 'a'],
    ['$..name', 'a'],
    ['$.list.length', undefined],
    ['$.constructor', undefined],
    ['$.type[0]', undefined],
    ["$['n']['0']", undefined],
  ])('%s', (path, value) => {
    expect(getter(parsePath(path).segments)(FRAME)).toEqual(value)
  })

  it.each(['type', '$.', '$.a[', '$.a[?]', '$.a[?@.b == $.c]', '$.a..', '$.a#', '$.a b', ''])('refuse "%s"', (path) => {
    expect(() => parsePath(path)).toThrow(expect.objectContaining({ code: 'invalid_manifest' }))
  })
})

describe('conditions', () => {
  it.each<[string, boolean]>([
    ["$.type == 'delta'", true],
    ['$.type == "delta"', true],
    ["$.type != 'delta'", false],
    ["$.missing != 'x'", true],
    ['$.n == 3', true],
    ['$.n > 2', true],
    ['$.n >= 3', true],
    ['$.n < 3', false],
    ['$.n <= 3', true],
    ["$.type > 'a'", true],
    ["$.n > 'a'", false],
    ['$.zero == 0', true],
    ['$.n == -3', false],
    ['$.on == true', true],
    ['$.off == false', true],
    ['$.nothing == null', true],
    ['$.missing == null', true],
    ['$.nothing != null', false],
    ['$.empty != null', true],
    ['exists($.nothing)', false],
    ['exists($.empty)', true],
    ['exists($.zero)', true],
    ['$.empty', false],
    ['$.off', false],
    ['$.zero', true],
    ['$.type', true],
    ['!$.type', false],
    ['!exists($.missing)', true],
    ["$.type in ['start', 'delta']", true],
    ["$.type in ['start']", false],
    ['$.n in [1, 2, 3]', true],
    ["$.type == 'x' || $.n == 3 && $.on", true],
    ["($.type == 'x' || $.n == 3) && $.off", false],
    ["!($.type == 'x') && !$.off", true],
    ["$.type == 'a||b' || $.type == 'c && d'", false],
    ["$.type == 'it\\'s'", false],
    ['exists($.list[*].name)', true],
    ["$.list[1].name == 'x'", false],
    ['$.a && $.b && $.c', false],
    ['$.a || $.b || $.n', true],
    ["exists($.list[?(@.name=='c')])", true],
    ["exists($.list[?(@.name == 'x)')]) || $.n == 4", false],
    ["$.list[-1].name == 'c' && $.n", true],
  ])('%s', (condition, value) => {
    expect(holds(condition)).toBe(value)
  })

  it.each([
    '$.a ==',
    '$.a == b',
    '($.a',
    '$.a)',
    '$.a in []',
    "$.a in 'x'",
    '&& $.a',
    'exists($.a',
    'type',
    "$.a = 'x'",
    "$.a 'x'",
    '',
  ])('refuse "%s", saying where', (condition) => {
    expect(() => parsePredicate(condition)).toThrow(expect.objectContaining({ code: 'invalid_manifest' }))
  })
})
