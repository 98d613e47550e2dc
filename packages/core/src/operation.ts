import type { BraidError } from './error.ts'
import type { Message } from './message.ts'
import type { Usage } from './usage.ts'

declare const result: unique symbol

/** A frozen description of one node. `id` is its name, or its path in a subgraph: `chapters/3/polish`. */
export interface Operation<out T = unknown> {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
  /** The branch it writes; absent where it writes none, or one of its own. */
  readonly branch?: string
  readonly dependsOn: readonly string[]
  readonly contextFrom: readonly string[]
  /** Carries the type of the result; has no value. */
  readonly [result]?: T | undefined
}

/** What an operation gives: `ResultOf<typeof article>`. */
export type ResultOf<O> = O extends Operation<infer T> ? T : never

/** What became of an operation. */
export type Outcome<T = unknown> =
  | {
      readonly status: 'completed'
      readonly result: T
      /** Of all its model calls together, those of attempts that failed included. */
      readonly usage: Usage
      /** From its start to its end, waits between attempts included. */
      readonly durationMs: number
      readonly attempts: number
    }
  /** `usage` of these: what providers had counted by then; absent where they had counted nothing. */
  | { readonly status: 'failed'; readonly error: BraidError; readonly partial?: Message; readonly usage?: Usage }
  /** `because` is the id of the operation whose failure or condition caused it; its own id where its own `when` was false. */
  | { readonly status: 'skipped'; readonly because: string; readonly usage?: Usage }
  | { readonly status: 'cancelled'; readonly reason: unknown; readonly partial?: Message; readonly usage?: Usage }

/** The outcomes of a run, in the order their operations were added. */
export interface Results extends Iterable<readonly [operationId: string, outcome: Outcome]> {
  /** Its result. Throws `not_completed`, saying what became of it instead. */
  get<T>(operation: Operation<T>): T
  /** Undefined where it did not complete. */
  find<T>(operation: Operation<T>): T | undefined
  all<const O extends readonly Operation[]>(operations: O): { -readonly [I in keyof O]: ResultOf<O[I]> }
  outcome<T>(operation: Operation<T> | string): Outcome<T>
  /** Of all operations together, however they ended. */
  readonly usage: Usage
}
