import { BraidError, newId } from '@braid/core'
import type { Approvals, Decision } from '../tools/approval.ts'

/** The calls of one run that wait for a person, by the id that was shown with the request. Each is answered once. */
export class PendingApprovals implements Approvals {
  readonly #waiting = new Map<string, (decision: Decision) => void>()
  readonly #over = new Map<string, 'answered' | 'given up'>()

  request(): { readonly id: string; readonly decision: Promise<Decision>; forget(): void } {
    const id = newId()
    const decision = new Promise<Decision>((resolve) => this.#waiting.set(id, resolve))
    return { id, decision, forget: () => this.#end(id, 'given up') }
  }

  /** Throws `unknown_approval` for an id that nobody waits for. */
  answer(id: string, decision: Decision): void {
    const resolve = this.#waiting.get(id)
    if (!resolve) throw new BraidError('unknown_approval', this.#why(id))
    this.#end(id, 'answered')
    resolve(decision)
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
