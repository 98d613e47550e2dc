import type { Model } from '@braid/core'

/** So many, and it is looked for the first time which of them are gone. */
const FIRST_SWEEP = 64

/**
 * The models that a session has used, whose idle connections close with it. Held weakly: a program that makes a model for each request
 * does not collect them here, and the idle connections of one that nobody has any more close by themselves, with their keep-alive.
 */
export class UsedModels implements Iterable<Model> {
  readonly #known = new WeakSet<Model>()
  readonly #references = new Set<WeakRef<Model>>()
  #sweepAt = FIRST_SWEEP

  add(model: Model): void {
    if (this.#known.has(model)) return
    this.#known.add(model)
    this.#references.add(new WeakRef(model))
    if (this.#references.size >= this.#sweepAt) this.#sweep()
  }

  *[Symbol.iterator](): Iterator<Model> {
    for (const reference of this.#references) {
      const model = reference.deref()
      if (model) yield model
    }
  }

  /** Rarer the more there are, so that adding stays cheap. */
  #sweep(): void {
    for (const reference of this.#references) if (!reference.deref()) this.#references.delete(reference)
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#references.size * 2)
  }
}
