import type { Members } from './members.ts'
import type { Readers } from './readers.ts'
import type { RunHandle } from './run-handle.ts'
import type { StreamSource } from './run-stream.ts'

/** Something at once, or when it is there. */
export type Soon<T> = T | Promise<T>

/** At once where it can be: what waits for no reason sees the run a turn later. */
export function soon<T, R>(value: Soon<T>, then: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(then) as Promise<Awaited<R>>) : then(value)
}

/** A run that lives by being read. */
export interface FlowSource extends StreamSource {
  readonly readers: Readers
  /** Without beginning the run. */
  members(): Soon<Members>
  begin(): Soon<Members>
  detach(): Soon<RunHandle>
}
