import { asBraidError, BraidError, type Model, type ModelRequest } from '@braid/core'
import type { Batches } from '@braid/stream'
import { type Beginning, Begun } from './begun.ts'
import { opened } from './opened.ts'
import type { Policy } from './policy.ts'

/**
 * Policy: asks other models, in turn, where this one failed before it said anything, with an error that is `fallbackable`. The one that says
 * something first has the rest of the stream, and what fails after that fails: two answers are never mixed.
 */
export function fallingBack(models: readonly Model[]): Policy {
  return (call, next, signal) =>
    new Begun(async (): Promise<Beginning> => {
      const failures: Failure[] = []
      const asks = [
        { name: call.name, ask: () => next(call, signal) },
        ...models.map((model) => ({ name: nameOf(model), ask: () => batchesOf(model, call.request, signal) })),
      ]
      for (const { name, ask } of asks) {
        try {
          return await opened(ask())
        } catch (thrown) {
          signal.throwIfAborted()
          const error = asBraidError(thrown, 'unknown')
          failures.push({ name, error })
          if (!error.fallbackable) break
        }
      }
      throw nobody(failures)
    })
}

interface Failure {
  readonly name: string
  readonly error: BraidError
}

/** One failure is itself; of several the last says what is the matter, and has the others in `errors`. */
function nobody(failures: readonly Failure[]): BraidError {
  const { error } = failures.at(-1)!
  if (failures.length === 1) return error
  const attempts = failures.reduce((sum, failure) => sum + (failure.error.attempts ?? 1), 0)
  const each = failures.map((failure) => `${failure.name} (${failure.error.code})`).join(', ')
  return new BraidError(
    error.code,
    `expected an answer from one of ${failures.length} models; none gave one: ${each}. The last one said: ${error.message}`,
    {
      cause: error,
      errors: failures.map((failure) => failure.error),
      retryable: failures.some((failure) => failure.error.retryable),
      ...(attempts === failures.length ? {} : { attempts }),
    },
  )
}

/** What another model answers. Anything with the port of a model will do. */
export function batchesOf(model: Model, request: ModelRequest, signal: AbortSignal): Batches {
  const iterator = model.invoke(request, { signal }).batches()[Symbol.asyncIterator]()
  const batches: Batches = {
    [Symbol.asyncIterator]: () => batches,
    next: () => iterator.next(),
    return: async () => {
      await iterator.return?.()
      return { value: undefined, done: true }
    },
  }
  return batches
}

function nameOf({ provider, model }: Model): string {
  return `${provider}/${model}`
}
