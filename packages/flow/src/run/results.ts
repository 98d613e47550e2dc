import {
  BraidError,
  type Operation,
  type Outcome,
  type ResultOf,
  type Results,
  sumUsage,
  type Usage,
} from '@braid/core'
import type { Node } from '../builder/node.ts'

/**
 * Outcomes by operation, over whatever holds them; without an outcome where it has not ended (of those that an operation with
 * `join: 'any'` depends on, some still run). `absent` says why one that is asked for is not here.
 */
export class Outcomes implements Results {
  readonly #outcomes: readonly (readonly [Operation, Outcome | undefined])[]
  /** Made when something is looked up: most runs are asked for little. */
  #byId: ReadonlyMap<string, readonly [Operation, Outcome | undefined]> | undefined
  readonly #absent: (id: string) => BraidError
  readonly #stored: boolean

  /** Of these, as they are now. `stored`: they are known by id alone, and whoever has an operation of that id may ask. */
  constructor(
    nodes: Iterable<{ readonly operation: Operation; readonly outcome: Outcome | undefined }>,
    absent: (id: string) => BraidError,
    stored = false,
  ) {
    this.#stored = stored
    this.#outcomes = Array.from(nodes, ({ operation, outcome }) => [operation, outcome] as const)
    this.#absent = absent
  }

  get<T>(operation: Operation<T>): T {
    const outcome = this.outcome(operation)
    if (outcome.status === 'completed') return outcome.result
    throw new BraidError('not_completed', `operation "${operation.id}" has no result: ${became(outcome)}`, {
      operationId: operation.id,
      ...(outcome.status === 'failed' ? { cause: outcome.error } : {}),
    })
  }

  find<T>(operation: Operation<T>): T | undefined {
    const outcome = this.#find(operation)
    return outcome?.status === 'completed' ? outcome.result : undefined
  }

  all<const O extends readonly Operation[]>(operations: O): { -readonly [I in keyof O]: ResultOf<O[I]> } {
    return operations.map((operation) => this.get(operation)) as { -readonly [I in keyof O]: ResultOf<O[I]> }
  }

  outcome<T>(operation: Operation<T> | string): Outcome<T> {
    const outcome = this.#find(operation)
    if (outcome) return outcome
    const id = typeof operation === 'string' ? operation : operation.id
    throw new BraidError('not_completed', `operation "${id}" has no outcome: it has not ended`, { operationId: id })
  }

  #find<T>(operation: Operation<T> | string): Outcome<T> | undefined {
    const id = typeof operation === 'string' ? operation : operation.id
    this.#byId ??= new Map(this.#outcomes.map((each) => [each[0].id, each]))
    const found = this.#byId.get(id)
    if (!found) throw this.#absent(id)
    if (typeof operation !== 'string' && found[0] !== operation && !this.#stored) {
      throw new BraidError(
        'foreign_operation',
        `operation "${id}" of these results is not the one asked for, which belongs to another builder`,
      )
    }
    return found[1] as Outcome<T> | undefined
  }

  get usage(): Usage {
    const usages: Usage[] = []
    for (const [, outcome] of this.#outcomes) if (outcome?.usage) usages.push(outcome.usage)
    return sumUsage(usages)
  }

  *[Symbol.iterator](): Iterator<readonly [operationId: string, outcome: Outcome]> {
    for (const [{ id }, outcome] of this.#outcomes) if (outcome) yield [id, outcome]
  }

  /** What `console.log` shows: the outcomes by operation. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return Object.fromEntries(this)
  }
}

/** Of those that an operation depends on, and no others. */
export function resultsFor({ operation: { id }, parents }: Node): Results {
  return new Outcomes(
    parents.map((edge) => edge.from),
    (asked) => notADependency(id, asked),
  )
}

function notADependency(id: string, asked: string): BraidError {
  return new BraidError(
    'not_a_dependency',
    `operation "${id}" reads the result of "${asked}", which it does not depend on; name it in its dependsOn or contextFrom`,
    { operationId: id },
  )
}

function became(outcome: Exclude<Outcome, { status: 'completed' }>): string {
  switch (outcome.status) {
    case 'failed':
      return `it failed with ${outcome.error.code}`
    case 'skipped':
      return `it was skipped because of "${outcome.because}"`
    case 'cancelled':
      return 'it was cancelled'
    default:
      return outcome satisfies never
  }
}
