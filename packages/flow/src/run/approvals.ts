import { BraidError, newId } from '@braid/core'
import type { Approvals, Decision } from '../tools/approval.ts'

/** What is said to a call of a run that nobody can answer. */
const NOBODY: Decision = {
  approved: false,
  reason: 'nobody can be asked in `flow` and `conduct`; run it with `flowStream`, which has `approve` and `deny`',
}

/** The calls of one run that wait for a person, by the id that was shown with the request. Each is answered once. */
export class PendingApprovals {
  readonly #attended: boolean
  readonly #waiting = new Map<string, (decision: Decision) => void>()
  readonly #over = new Map<string, 'answered' | 'given up'>()

  /** `attended`: whether somebody can answer. */
  constructor(attended: boolean) {
    this.#attended = attended
  }

  /** Whether a call waits for a person. */
  get waiting(): boolean {
    return this.#waiting.size > 0
  }

  /** For one operation: `wait` is called when a call of it begins to wait, and what that returns when it waits no longer. */
  of(wait: () => () => void): Approvals {
    return { request: () => this.#request(wait) }
  }

  #request(wait: () => () => void): ReturnType<Approvals['request']> {
    const id = newId()
    if (!this.#attended) return { id, decision: Promise.resolve(NOBODY), forget: () => {} }
    const resume = wait()
    const decision = new Promise<Decision>((resolve) => this.#waiting.set(id, resolve))
    return {
      id,
      decision,
      forget: () => {
        resume()
        this.#end(id, 'given up')
      },
    }
  }

  /** Throws `unknown_approval` for an id that nobody waits for. */
  answer(id: string, decision: Decision): void {
    const resolve = this.#waiting.get(id)
    if (!resolve) throw new BraidError('unknown_approval', this.#why(id))
    this.#end(id, 'answered')
    resolve(decision)
  }

  /** The same, where it may have been answered meanwhile, or nobody waits any more. */
  tryAnswer(id: string, decision: Decision): void {
    if (this.#waiting.has(id)) this.answer(id, decision)
  }

  #end(id: string, how: 'answered' | 'given up'): void {
    if (this.#waiting.delete(id)) this.#over.set(id, how)
  }

  #why(id: unknown): string {
    switch (this.#over.get(String(id))) {
      case 'answered':
        return `the approval "${String(id)}" was answered already, and the first answer counts`
      case 'given up':
        return `the call that asked for the approval "${String(id)}" was cancelled meanwhile`
      default:
        return `no call of this run waits for the approval "${String(id)}"; expected the \`approvalId\` of one of its tool-approval-request chunks`
    }
  }
}
