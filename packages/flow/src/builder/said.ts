import { BraidError } from '@braid/core'

/*
 * What a function of a user's own gave, where no compiler has seen it. An async one gives a promise, which would pass for true, and whose
 * rejection nobody would hear.
 */

/** Throws `operation_failed` for what is neither true nor false. `name` is what the function is called. */
export function yesOrNo(given: unknown, name: string): boolean {
  if (typeof given === 'boolean') return given
  throw notSaid(given, `the function in \`${name}\` to say true or false`)
}

/** Throws `operation_failed` for what is no text. */
export function madeText(given: unknown, name: string): string {
  if (typeof given === 'string') return given
  throw notSaid(given, `the function in \`${name}\` to make a text`)
}

function notSaid(given: unknown, wanted: string): BraidError {
  if (!isPromise(given)) {
    return new BraidError('operation_failed', `expected ${wanted}; it gave ${given === null ? 'null' : typeof given}`)
  }
  given.then(undefined, () => {})
  return new BraidError('operation_failed', `expected ${wanted}; it gave a promise, so it must not be async`)
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
