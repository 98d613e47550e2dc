import { createHash } from 'node:crypto'
import { type Model, type PlannedOperation, type PlanRecord, Tool } from '@braid/core'
import type { Services } from '../session/services.ts'
import { insideOf } from './group.ts'
import type { Node } from './node.ts'

/** More bytes than this are known by their hash alone: a plan is not where files are kept. */
const INLINE_BYTES = 4_096
/** Params are small; what is deeper, or has more in it, is not data that somebody wrote down, and is kept as far as this goes. */
const MAX_DEPTH = 100
const MAX_OBJECTS = 2_000

/**
 * What a run consists of, as data: with what subgraphs have inside, which was described with them, and not what is built at run time. Without
 * `params`, nothing of what the operations are told.
 */
export function planRecordOf(nodes: readonly Node[], params: boolean): PlanRecord {
  const plan = nodes.flatMap((node) => [node, ...describedInside(node)]).map(plannedOf)
  return params ? plan : plan.map((operation) => ({ ...operation, params: {}, code: true }))
}

function describedInside(node: Node): readonly Node[] {
  if (node.kind.type !== 'group' || node.kind.of.name !== 'subgraph') return []
  return Array.from(insideOf(node)).filter((inner) => isDescribed(inner, node))
}

/** Whether everything between it and this group was described, and not built at run time. */
function isDescribed(inner: Node, group: Node): boolean {
  for (let at = inner.inside; at && at !== group; at = at.inside) {
    if (at.kind.type !== 'group' || at.kind.of.name !== 'subgraph') return false
  }
  return true
}

function plannedOf({ operation, kind, builder, parents, join, when, timeout, retry }: Node): PlannedOperation {
  const plain = new Plain(builder.session.services)
  const params = plain.fields(operation.params)
  if (when) params['$when'] = plain.value(when)
  if (retry?.on) params['$retry'] = plain.value(retry.on)
  return {
    id: operation.id,
    kind: operation.kind,
    ...(operation.branch === undefined ? {} : { branch: operation.branch }),
    params,
    edges: parents.map(({ from, type }) => ({ from: from.operation.id, type })),
    ...(join === 'all' ? {} : { join }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(retry === undefined
      ? {}
      : { retry: { attempts: retry.attempts, ...(retry.backoff === undefined ? {} : { backoff: retry.backoff }) } }),
    code: plain.code || kind.type === 'group' || operation.kind === 'task',
  }
}

/** Values as data. What is none is named, and counted. */
class Plain {
  /** Whether there was something that cannot be made again from what is kept of it. */
  code = false
  readonly #services: Services
  /** The objects that the walk is inside of: meeting one again is a cycle. */
  readonly #open = new Set<object>()
  /** What is reached by several ways is counted for each. */
  #objects = 0

  constructor(services: Services) {
    this.#services = services
  }

  fields(value: object): Record<string, unknown> {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.value(field)]))
  }

  #inside(value: object, walk: () => unknown): unknown {
    if (this.#open.has(value)) return this.#only({ $cycle: true })
    if (this.#open.size >= MAX_DEPTH || this.#objects >= MAX_OBJECTS) return this.#only({ $more: true })
    this.#objects += 1
    this.#open.add(value)
    try {
      return walk()
    } catch {
      // A getter of the user's threw.
      return this.#only({ $unreadable: true })
    } finally {
      this.#open.delete(value)
    }
  }

  value(value: unknown): unknown {
    if (isSchema(value)) return this.#schema(value)
    if (typeof value === 'function') return this.#only({ $function: value.name })
    if (typeof value === 'symbol') return this.#only({ $symbol: String(value) })
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return this.#inside(value, () => value.map((item: unknown) => this.value(item)))
    if (value instanceof Tool)
      return this.#named({ $tool: value.name }, this.#services.registered(value.name) === value)
    if (isModel(value)) return this.#named({ $model: value.name }, this.#services.registered(value.name) === value)
    if (value instanceof Uint8Array) return value.length <= INLINE_BYTES ? value : this.#only(hashed(value))
    if (value instanceof Date) return value
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) this.code = true
    return this.#inside(value, () => this.fields(value))
  }

  #schema({ '~standard': { vendor, jsonSchema } }: Standard): unknown {
    let words: unknown
    try {
      words = jsonSchema?.output({ target: 'draft-2020-12' })
    } catch {
      // A schema that has no words for itself.
    }
    const kept = { $schema: vendor, ...(words === undefined ? {} : { words }) }
    return this.#named(kept, vendor === 'braid' && words !== undefined)
  }

  #named(kept: object, found: boolean): object {
    return found ? kept : this.#only(kept)
  }

  #only(kept: object): object {
    this.code = true
    return kept
  }
}

interface Standard {
  readonly '~standard': {
    readonly vendor: string
    readonly jsonSchema?: { output(options: { target: 'draft-2020-12' }): Record<string, unknown> }
  }
}

/** Some are functions. */
function isSchema(value: unknown): value is Standard {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return '~standard' in value && typeof value['~standard'] === 'object' && value['~standard'] !== null
}

function isModel(value: object): value is Model {
  return 'invoke' in value && typeof value.invoke === 'function' && 'name' in value && typeof value.name === 'string'
}

function hashed(bytes: Uint8Array): object {
  return { $sha256: createHash('sha256').update(bytes).digest('hex'), length: bytes.length }
}
