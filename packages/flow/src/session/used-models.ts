import type { Model } from '@braid/core'

/** So many are held as they are, the last that were used; and from so many on it is looked, now and then, which of the others are gone. */
const RECENT = 64

/**
 * The models that a session has used, whose idle connections close with it. All but the last are held weakly: a program that makes a model
 * for each request does not collect them here, and the idle connections of one that nobody has any more close by themselves, with their
 * keep-alive.
 */
export class UsedModels implements Iterable<Model> {
  readonly #recent = new Set<Model>()
  readonly #known = new WeakSet<Model>()
  readonly #references = new Set<WeakRef<Model>>()
  #sweepAt = 2 * RECENT

  add(model: Model): void {
    // The last one stands last.
    this.#recent.delete(model)
    this.#recent.add(model)
    for (const oldest of this.#recent) {
      if (this.#recent.size <= RECENT) break
      this.#recent.delete(oldest)
    }
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
    this.#sweepAt = 2 * Math.max(RECENT, this.#references.size)
  }
}
