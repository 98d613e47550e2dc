import { type Clock, onAbort } from '@braid/core'

/** The longest that a provider's wish to wait is heeded, in milliseconds: whoever is told to come back in an hour wants to know it now. */
export const LONGEST_WAIT_MS = 60_000

/** Resolves after so many milliseconds; rejects with the signal's reason. Leaves no timer behind. */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  let stop = (): void => {}
  let unlink = (): void => {}
  try {
    await new Promise<void>((resolve, reject) => {
      stop = clock.after(ms, resolve)
      unlink = onAbort(signal, reject)
    })
  } finally {
    stop()
    unlink()
  }
}
