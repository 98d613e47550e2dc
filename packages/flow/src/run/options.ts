import { BraidError, checkKnown, checkSignal, type Known } from '@braid/core'
import type { Bounds } from './lane.ts'

export interface FlowOptions {
  /** Aborting it cancels the run; what is read or awaited then rejects with its reason. */
  signal?: AbortSignal
  /** How many operations may run at once. Default: no limit but the models' own. */
  concurrency?: number
  /**
   * What a failure means. `skipDependents` (default): what needs the failed operation is skipped, the rest goes on, and the end rejects
   * with `run_failed`. `abort`: the rest is cancelled as well. `continue`: skips alike but throws nothing: look at the outcomes.
   */
  onError?: 'abort' | 'skipDependents' | 'continue'
  /** How much may wait to be read, per operation. Default 64 chunks and 256 KiB. */
  buffer?: Bounds
  /** Run completed operations again. Default false. */
  fresh?: boolean
}

const OPTIONS = {
  signal: true,
  concurrency: true,
  onError: true,
  buffer: true,
  fresh: true,
} satisfies Known<FlowOptions>
const BUFFER = { chunks: true, bytes: true } satisfies Known<Bounds>

/** Misuse throws at the call: `invalid_plan`, naming the option; `invalid_request` for a signal that is none. */
export function checkOptions(options: FlowOptions): void {
  checkKnown(options, OPTIONS, { of: 'flow and flowStream', code: 'invalid_plan' })
  const { signal, concurrency, onError, buffer } = options
  checkSignal(signal)
  if (buffer !== undefined) checkKnown(buffer, BUFFER, { of: '`buffer`', code: 'invalid_plan' })
  for (const [name, value] of [
    ['concurrency', concurrency],
    ['buffer.chunks', buffer?.chunks],
    ['buffer.bytes', buffer?.bytes],
  ] as const) {
    if (value !== undefined && !(typeof value === 'number' && value >= 1)) {
      throw new BraidError(
        'invalid_plan',
        `the option ${name} is a number from 1, and ${typeof value === 'number' ? value : `a ${typeof value}`} was given`,
      )
    }
  }
  if (onError !== undefined && !['abort', 'skipDependents', 'continue'].includes(onError)) {
    throw new BraidError(
      'invalid_plan',
      `the option onError is 'abort', 'skipDependents' or 'continue', and '${onError}' was given`,
    )
  }
}
