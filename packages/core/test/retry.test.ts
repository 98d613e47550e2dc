import { expect, test } from 'vitest'
import { BraidError, delayAfter, retryOf } from '../src/index.ts'

const overloaded = new BraidError('overloaded', 'x')

test('the longest wait doubles with each attempt, up to 30 s, and chance takes any part of it', () => {
  const longest = [1, 2, 3, 7, 2_000].map((attempt) => delayAfter(attempt, retryOf(9), overloaded, 1))
  expect(longest).toEqual([500, 1_000, 2_000, 30_000, 30_000])
  expect(delayAfter(3, { attempts: 9, backoff: 10 }, overloaded, 0.5)).toBe(20)
  expect(delayAfter(3, retryOf(9), overloaded, 0)).toBe(0)
  expect(delayAfter(2_000, { attempts: 9_000, backoff: 0 }, overloaded, 1)).toBe(0)
})

test('what a provider asked for is waited in any case', () => {
  const limited = new BraidError('rate_limited', 'x', { retryAfterMs: 20_000 })
  expect(delayAfter(1, retryOf(2), limited, 0)).toBe(20_000)
  expect(delayAfter(1, retryOf(2), limited, 0.5)).toBe(20_250)
})
