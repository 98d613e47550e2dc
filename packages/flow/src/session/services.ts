import { BraidError, type Model } from '@braid/core'
import { UsedModels } from './used-models.ts'

/** Finds a model that nobody registered by what names it, such as `provider/model`; undefined where it names none. */
export type ModelResolver = (reference: string) => Model | undefined

/** Throws `unknown_imodel` for what cannot be asked. */
function checkModel(model: Model): void {
  if (typeof model?.name === 'string' && typeof model.invoke === 'function') return
  throw new BraidError(
    'unknown_imodel',
    `expected a model, such as new iModel('provider/model'); got ${typeof model === 'string' ? 'a text' : 'something else'}`,
  )
}

/** Models by name. The first one is the default. */
export class Services {
  readonly #models = new Map<string, Model>()
  /** Made from a reference. */
  readonly #others = new Map<string, Model>()
  /** Asked for, also as an object: closed with the session like the registered ones. */
  readonly #used = new UsedModels()
  readonly #resolve: ModelResolver

  constructor(resolve: ModelResolver = () => undefined) {
    this.#resolve = resolve
  }

  /** Throws `duplicate_name` when another model has that name already. */
  register(...models: Model[]): void {
    for (const model of models) {
      checkModel(model)
      const known = this.#models.get(model.name)
      if (known && known !== model) {
        throw new BraidError(
          'duplicate_name',
          `a model named "${model.name}" is registered already; give one of them another name: new iModel(…, { name })`,
        )
      }
    }
    for (const model of models) this.#models.set(model.name, model)
  }

  /** A registered name, or else `provider/model`; without either, the default. Throws `unknown_imodel`, listing those there are. */
  imodel(reference?: Model | string): Model {
    const model = this.#find(reference)
    if (model) {
      this.#used.add(model)
      return model
    }
    const known = [...this.#models.keys()].join(', ') || 'none'
    throw new BraidError(
      'unknown_imodel',
      reference === undefined
        ? 'the operation names no model and the session has no default; register one, or open the session with { imodel }'
        : `no model is called "${String(reference)}"; registered are: ${known}; "provider/model" works without registering`,
    )
  }

  /** Closes the idle connections of every model that was used. */
  async close(): Promise<void> {
    await Promise.all([...new Set([...this.#used, ...this.#models.values()])].map((model) => model.close?.()))
  }

  #find(reference: Model | string | undefined): Model | undefined {
    if (reference === undefined) return this.#models.values().next().value
    if (typeof reference !== 'string') {
      checkModel(reference)
      return reference
    }
    const known = this.#models.get(reference) ?? this.#others.get(reference)
    if (known) return known
    const made = this.#resolve(reference)
    if (made) this.#others.set(reference, made)
    return made
  }
}
