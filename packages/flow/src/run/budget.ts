import { BraidError, type Usage } from '@braid/core'

/** What a run may use. It ends with `budget_spent` when one of these is spent and there is still something to do. */
export interface Budget {
  /** Input and output together, as providers count them: while an answer comes where they say it then, else at its end. */
  tokens?: number
  /** In the currency of the models' `prices`, or of `price`. A call that neither can count ends the run with `invalid_plan`. */
  cost?: number
  /**
   * What a call has cost that used this much; `model` as the provider names it. Also asked while the call goes on. Default: what its model says
   * that it cost, by its `prices`.
   */
  price?: (usage: Usage, model: string) => number
  /** How many operations may start. Further attempts are not counted, nor groups beside what is inside of them. */
  operations?: number
}

/** Told whenever more of a call's usage is known: what it was, and what it is now. */
export type Spend = (before: Usage | undefined, after: Usage, model: string) => void

/**
 * What a run has spent of its budget.
 *
 * Invariant: a run that has spent it all may still end; one that has spent more, or that wants to start something else, may not.
 */
export class Spending {
  readonly #budget: Budget
  readonly #onSpent: (error: BraidError) => void
  readonly #spent = { tokens: 0, cost: 0, operations: 0 }

  constructor(budget: Budget, onSpent: (error: BraidError) => void) {
    this.#budget = budget
    this.#onSpent = onSpent
  }

  /** An operation is about to start. The error when nothing is left to start it with. */
  begin(): BraidError | undefined {
    for (const of of ['tokens', 'cost', 'operations'] as const) {
      if (this.#spent[of] >= (this.#budget[of] ?? Number.POSITIVE_INFINITY)) return this.#error(of, true)
    }
    this.#spent.operations += 1
    return undefined
  }

  readonly spend: Spend = (before, after, model) => {
    try {
      this.#spent.tokens += tokensOf(after) - tokensOf(before)
      this.#spent.cost += this.#costOf(after, model) - this.#costOf(before, model)
    } catch (error) {
      this.#onSpent(error as BraidError)
    }
    for (const of of ['tokens', 'cost'] as const) {
      if (this.#spent[of] > (this.#budget[of] ?? Number.POSITIVE_INFINITY)) this.#onSpent(this.#error(of))
    }
  }

  #costOf(usage: Usage | undefined, model: string): number {
    const { cost: most, price } = this.#budget
    if (usage === undefined || (price === undefined && most === undefined)) return 0
    if (price === undefined) {
      if (usage.cost !== undefined) return usage.cost
      throw new BraidError(
        'invalid_plan',
        `expected a call of "${model}" to have a cost, since the run has a budget of it; its model has no \`prices\`. Give it some, or give \`budget.price\``,
      )
    }
    const cost: unknown = price(usage, model)
    if (typeof cost === 'number' && cost >= 0) return cost
    throw new BraidError(
      'invalid_plan',
      `expected \`budget.price\` to give what a call of "${model}" costs, as a number; got ${typeof cost === 'number' ? cost : typeof cost}`,
    )
  }

  #error(of: 'tokens' | 'cost' | 'operations', starting = false): BraidError {
    const spent = `of ${this.#budget[of]} ${of === 'cost' ? 'in cost' : of}, ${this.#spent[of]} ${of === 'operations' ? 'had started' : 'were used'}`
    return new BraidError(
      'budget_spent',
      `the run was stopped by its budget: ${spent}${starting ? ', and another operation was to start' : ''}`,
    )
  }
}

function tokensOf(usage: Usage | undefined): number {
  if (usage === undefined) return 0
  return usage.totalTokens ?? (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)
}
