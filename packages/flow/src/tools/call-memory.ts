import { createHash } from 'node:crypto'
import type { ToolCall, ToolOutcome } from '@braid/core'

/** Where what calls came to is kept for another process, by key. */
export interface CallRegister {
  recall(key: string): { readonly output: unknown } | undefined
  /** Resolves when it is kept. */
  keep(key: string, output: unknown): Promise<void>
}

/** What one model call of an earlier attempt came to. */
export interface EarlierStep {
  /** Whether it goes on from there: its calls are not made again. */
  readonly kept: boolean
  readonly outcomes: readonly ToolOutcome[]
}

/**
 * Gives the calls of one operation keys that are the same in every attempt, whatever ids the model gives them: by tool, input, and how many of the same
 * there were before. And remembers what came of those that earlier attempts finished in a step that is made again.
 */
export class CallMemory {
  readonly #prefix: string
  readonly #counts = new Map<string, number>()
  readonly #outputs = new Map<string, unknown>()

  readonly #register: CallRegister

  /** `prefix`: the operation's own key. */
  constructor(prefix: string, register: CallRegister, earlier: readonly EarlierStep[] = []) {
    this.#prefix = prefix
    this.#register = register
    for (const { kept, outcomes } of earlier) if (kept) for (const each of outcomes) this.keyOf(each)
    for (const { kept, outcomes } of earlier) {
      if (kept) continue
      const counts = new Map(this.#counts)
      for (const each of outcomes) {
        const key = this.#key(each, counts)
        if (!('error' in each)) this.#outputs.set(key, each.output)
      }
    }
  }

  /** To be asked once per call, in order. */
  keyOf(call: ToolCall): string {
    return this.#key(call, this.#counts)
  }

  /** What a call with this key came to in an earlier attempt. */
  recall(key: string): { readonly output: unknown } | undefined {
    return this.#outputs.has(key) ? { output: this.#outputs.get(key) } : this.#register.recall(key)
  }

  /** A call with this key, which must not be made twice, came to this. Resolves when that is kept. */
  keep(key: string, output: unknown): Promise<void> {
    return this.#register.keep(key, output)
  }

  #key({ toolName, input }: ToolCall, counts: Map<string, number>): string {
    const same = `${toolName}-${digest(input)}`
    const count = (counts.get(same) ?? 0) + 1
    counts.set(same, count)
    return `${this.#prefix}/${same}${count === 1 ? '' : `-${count}`}`
  }
}

/** The same for the same JSON, however its keys are ordered; and for all that is no JSON. */
function digest(input: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(input, (_, value: unknown) => (isRecord(value) ? sorted(value) : value))
  } catch {
    // A cycle, or a bigint: no model writes it, but whoever gives calls to `act` may.
  }
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex')
    .slice(0, 16)
}

function sorted(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
