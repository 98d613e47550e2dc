import { BraidError } from '@braid/core'
import { expect } from 'vitest'

/** What the call throws, or what it returns rejects with: an error of that code. */
export async function refused(code: string, call: () => unknown): Promise<BraidError> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    )
  expect(error).toBeInstanceOf(BraidError)
  expect(error).toMatchObject({ code })
  return error as BraidError
}
