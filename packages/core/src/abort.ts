import { BraidError } from './error.ts'

/** Throws `invalid_request` where what was given as a `signal` is none, such as the AbortController that has it. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined || (typeof signal === 'object' && signal !== null && 'addEventListener' in signal)) return
  const hint = typeof signal === 'object' && signal !== null && 'signal' in signal ? ': give its `.signal`' : ''
  throw new BraidError('invalid_request', `expected \`signal\` to be an AbortSignal; got something else${hint}`)
}

/**
 * Who waits for which signal. A signal gets one listener however many wait for it, so that a thousand streams on one signal are no
 * MaxListenersExceededWarning; and none when the last has stopped waiting. Held weakly: it adds to a signal, it keeps none alive.
 */
const waiting = new WeakMap<AbortSignal, Waiters>()

interface Waiters {
  readonly listeners: Set<(reason: unknown) => void>
  readonly onAbort: () => void
}

/**
 * Calls `listener` with the reason when `signal` aborts, at once when it already has. Returns the way to stop waiting, which whoever
 * waits must call.
 */
export function onAbort(signal: AbortSignal, listener: (reason: unknown) => void): () => void {
  if (signal.aborted) {
    listener(signal.reason)
    return () => {}
  }
  let waiters = waiting.get(signal)
  if (waiters === undefined) {
    const listeners = new Set<(reason: unknown) => void>()
    const onAbort = () => {
      waiting.delete(signal)
      for (const each of listeners) each(signal.reason)
    }
    waiters = { listeners, onAbort }
    waiting.set(signal, waiters)
    signal.addEventListener('abort', onAbort, { once: true })
  }
  const { listeners, onAbort } = waiters
  // A function of its own, so that the same listener may wait twice and stop once.
  const entry = (reason: unknown) => listener(reason)
  listeners.add(entry)
  return () => {
    listeners.delete(entry)
    if (listeners.size > 0 || waiting.get(signal)?.listeners !== listeners) return
    waiting.delete(signal)
    signal.removeEventListener('abort', onAbort)
  }
}

/** The promise's own outcome, or the signal's reason when that comes first. */
export async function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let unlink = () => {}
  try {
    return await new Promise<T>((resolve, reject) => {
      unlink = onAbort(signal, reject)
      promise.then(resolve, reject)
    })
  } finally {
    unlink()
  }
}
