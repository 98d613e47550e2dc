/**
 * Resolves when `arm` wakes it or the signal aborts, and then disarms, so that no timer or listener stays behind.
 * It never rejects: who waits looks at the signal afterwards.
 */
export function wait(signal: AbortSignal, arm: (wake: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    let disarm = (): void => {}
    const wake = (): void => {
      signal.removeEventListener('abort', wake)
      disarm()
      resolve()
    }
    signal.addEventListener('abort', wake, { once: true })
    disarm = arm(wake)
  })
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return wait(signal, (wake) => {
    const timer = setTimeout(wake, milliseconds)
    return () => clearTimeout(timer)
  })
}

/** Resolves when the event loop has gone round once: sockets and timers had their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

const nothing = (): void => {}

/** Resolves when the promise has settled either way, or when the signal aborts. */
export function settled(promise: PromiseLike<unknown>, signal: AbortSignal): Promise<void> {
  // Heard in any case: after an abort nobody looks at it any more, and its failure is then no error of the program's.
  promise.then(nothing, nothing)
  return wait(signal, (wake) => {
    promise.then(wake, wake)
    return nothing
  })
}
