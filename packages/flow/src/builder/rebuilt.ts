import { BraidError, type PlannedOperation, type PlanRecord } from '@braid/core'
import { jsonSchema } from '../answers/json-schema.ts'
import { BUILT_IN, type Kinds } from '../operations/built-in.ts'
import type { Session } from '../session/session.ts'
import { Builder } from './builder.ts'
import type { NamedShape } from './shape.ts'

/**
 * The builder of a plan, made again from what is kept of it. Throws `plan_needed`, naming the operation, where there was more to it than data can
 * say, and where a kind, a tool or a model has no name in this session.
 */
export function rebuilt(session: Session, runId: string, plan: PlanRecord): Builder {
  const builder = new Builder({ session })
  const later: (readonly [id: string, from: string])[] = []
  const added = new Set<string>()
  for (const operation of plan) {
    if (operation.code) throw planNeeded(runId, operation, 'has functions, or other code, which are not kept')
    const from = (type: string): string[] =>
      operation.edges.flatMap((edge) => (edge.type === type && added.has(edge.from) ? [edge.from] : []))
    // An edge that goes to what was added later was added later itself.
    for (const edge of operation.edges) if (!added.has(edge.from)) later.push([operation.id, edge.from])
    const { branch, join, timeout, retry } = operation
    const shape: NamedShape = {
      contextFrom: from('context'),
      dependsOn: from('order'),
      ...(from('stream').length === 0 ? {} : { streamFrom: from('stream') }),
      ...(branch === undefined ? {} : { branch }),
      ...(join === undefined ? {} : { join }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(retry === undefined ? {} : { retry }),
    }
    const params = asGiven(session, runId, operation, operation.params) as never
    builder.add(operation.id, kindOf(session, runId, operation) as never, params, shape)
    added.add(operation.id)
  }
  for (const [id, from] of later) builder.dependsOn(id, from)
  return builder
}

function kindOf(session: Session, runId: string, operation: PlannedOperation): unknown {
  const { kind } = operation
  const known = Object.hasOwn(BUILT_IN, kind) ? (kind as keyof Kinds) : session.kind(kind)
  if (known !== undefined) return known
  throw planNeeded(runId, operation, `is of the kind "${kind}", which is not registered in this session`)
}

/** What `plan-record.ts` made plain. */
function asGiven(session: Session, runId: string, operation: PlannedOperation, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => asGiven(session, runId, operation, item))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of ['$tool', '$model'] as const) {
    const name = fields[key]
    if (typeof name !== 'string') continue
    const registered = session.services.registered(name)
    if (registered) return registered
    throw planNeeded(runId, operation, `uses "${name}", which is not registered in this session`)
  }
  if ('$schema' in fields && fields['$schema'] === 'braid') return jsonSchema(fields['words'] as object)
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, asGiven(session, runId, operation, field)]),
  )
}

function planNeeded(runId: string, { id }: PlannedOperation, why: string): BraidError {
  return new BraidError(
    'plan_needed',
    `operation "${id}" of the run "${runId}" ${why}; make the plan again, and give it: session.resume(runId, builder)`,
  )
}
