import { abortable, asBraidError, BraidError, isProgressing, onAbort, type Tool, tookTooLong } from '@braid/core'
import type { Clock } from '../run/clock.ts'
import { Stopwatch } from './stopwatch.ts'

/** One tool at work for one call. */
export interface Work {
  readonly tool: Tool
  /** What its schema put out. */
  readonly input: unknown
  readonly toolCallId: string
  readonly idempotencyKey: string
  /** Aborts when the call is not wanted any more. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** How long it may take to stop, in milliseconds. */
  readonly grace: number
  /** Takes what it reports on the way. Resolves when it may go on. */
  progress(output: unknown): Promise<void>
}

/**
 * Runs the tool, and resolves when it has stopped: to its result, also when it gave one although it had been told to stop. Rejects with `timeout`,
 * with the signal's reason, and with `tool_failed` for whatever it throws. What ignores its signal for too long is fenced: it is waited for no longer, and nothing
 * that it says is heard any more.
 */
export async function work(job: Work): Promise<unknown> {
  const { tool, signal } = job
  signal.throwIfAborted()
  const controller = new AbortController()
  const unlink = onAbort(signal, (reason) => controller.abort(reason))
  const watch = new Stopwatch(job.clock, tool.timeout, () => controller.abort(tookTooLong(tool)))
  try {
    const result = await stopping(run(job, controller.signal, watch), controller.signal, job)
    // Too late is too late; but what it did although the call was not wanted any more, it did.
    if (controller.signal.aborted && !signal.aborted) throw controller.signal.reason
    return result
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : failed(tool, error)
  } finally {
    watch.stop()
    unlink()
  }
}

async function run(job: Work, signal: AbortSignal, watch: Stopwatch): Promise<unknown> {
  const { tool, input, toolCallId, idempotencyKey } = job
  const made: unknown = tool.work(input as never, { signal, toolCallId, idempotencyKey })
  if (!isProgressing(made)) return made
  let over = false
  try {
    for (;;) {
      const next = await made.next()
      over = next.done === true
      if (next.done) return next.value
      signal.throwIfAborted()
      // A slow reader takes none of the tool's time.
      watch.pause()
      await abortable(job.progress(next.value), signal)
      // Whoever was told to stop while it waited is not sent on.
      signal.throwIfAborted()
      watch.go()
    }
  } finally {
    if (!over) await made.return(undefined)
  }
}

/** What it comes to; rejects with the signal's reason when it has not stopped within the grace period. */
function stopping<T>(working: Promise<T>, signal: AbortSignal, { tool, clock, grace }: Work): Promise<T> {
  return new Promise((resolve, reject) => {
    let forget = (): void => {}
    const unlink = onAbort(signal, (reason) => {
      forget = clock.after(grace, () => {
        process.emitWarning(
          `the tool "${tool.name}" did not stop within ${grace} ms of its signal; it was fenced, and nothing that it says is heard`,
          { code: 'BRAID_FENCED' },
        )
        reject(reason)
      })
    })
    const stopped = (): void => {
      forget()
      unlink()
    }
    working.finally(stopped).then(resolve, reject)
  })
}

/** What a tool threw, as the error of its call: that it threw decides the code, not what. */
function failed({ name }: Tool, thrown: unknown): BraidError {
  const { message } = asBraidError(thrown, 'tool_failed')
  return new BraidError('tool_failed', `the tool "${name}" failed: ${message}`, { cause: thrown })
}
