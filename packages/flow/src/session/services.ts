import { BraidError, closest, type Model, Tool } from '@braid/core'
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

function duplicate(service: Model | Tool, known: Model | Tool): BraidError {
  const what = known instanceof Tool ? 'tool' : 'model'
  const way = service instanceof Tool ? 'tool({ name, … })' : 'new iModel(…, { name })'
  return new BraidError(
    'duplicate_name',
    `a ${what} named "${service.name}" is registered already; give one of them another name: ${way}`,
  )
}

/** Models and tools by name. The first model is the default. */
export class Services {
  readonly #models = new Map<string, Model>()
  readonly #tools = new Map<string, Tool>()
  /** Made from a reference. */
  readonly #others = new Map<string, Model>()
  /** Asked for, also as an object: closed with the session like the registered ones. */
  readonly #used = new UsedModels()
  readonly #resolve: ModelResolver

  constructor(resolve: ModelResolver = () => undefined) {
    this.#resolve = resolve
  }

  /** All of them or none. Throws `duplicate_name` when another model or tool has that name already: a branch allows both by name. */
  register(...services: (Model | Tool)[]): void {
    const names = new Map<string, Model | Tool>([...this.#models, ...this.#tools])
    for (const service of services) {
      if (!(service instanceof Tool)) checkModel(service)
      const known = names.get(service.name)
      if (known && known !== service) throw duplicate(service, known)
      names.set(service.name, service)
    }
    for (const service of services) {
      if (service instanceof Tool) this.#tools.set(service.name, service)
      else this.#models.set(service.name, service)
    }
  }

  /** @internal The name of the model that is asked where none is named. */
  get defaultName(): string | undefined {
    return this.#models.values().next().value?.name
  }

  /** Throws `unknown_tool`, listing those there are. */
  tool(name: string): Tool {
    const tool = this.#tools.get(name)
    if (tool) return tool
    const known = [...this.#tools.keys()]
    const meant = closest(name, known)
    throw new BraidError(
      'unknown_tool',
      `no tool is called "${name}"${meant === undefined ? '' : ` (did you mean "${meant}"?)`}; registered are: ${known.join(', ') || 'none'}; register one with session.services.register, or pass the tool itself`,
    )
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

  /** @internal What is registered under that name. */
  registered(name: string): Model | Tool | undefined {
    return this.#models.get(name) ?? this.#tools.get(name)
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
