import { BraidError, encode, type PlannedOperation, type PlanRecord } from '@braid/core'

/**
 * Throws `plan_changed`, naming the first difference, where a plan is not the one that the run was begun with. Functions are functions: what
 * they do cannot be compared. Says where, and never what, for a prompt may be secret.
 */
export function checkSamePlan(runId: string, before: PlanRecord, now: PlanRecord): void {
  const known = new Map(now.map((each) => [each.id, plain(each)]))
  for (const operation of before) {
    const given = known.get(operation.id)
    if (!given) throw changed(runId, `operation "${operation.id}" is not in it any more`)
    const path = difference(plain(operation), given, [])
    if (path) throw changed(runId, `operation "${operation.id}" has another ${path.join('.')}`)
    known.delete(operation.id)
  }
  const [added] = known.keys()
  if (added !== undefined) throw changed(runId, `operation "${added}" was not in it`)
}

/** As it is read back from where it is kept, edges in the order of their names: in which order they were added says nothing. */
function plain({ code: _, ...operation }: PlannedOperation): unknown {
  const edges = [...operation.edges].sort((one, other) => (one.from < other.from ? -1 : 1))
  return JSON.parse(encode({ ...operation, edges }).text)
}

/** Where two values differ first. */
function difference(one: unknown, other: unknown, path: readonly string[]): readonly string[] | undefined {
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) {
    return Object.is(one, other) ? undefined : path
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = difference(one[key], other[key], [...path, key])
    if (found) return found
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function changed(runId: string, what: string): BraidError {
  return new BraidError(
    'plan_changed',
    `expected the plan that the run "${runId}" was begun with; ${what}. Give it as it was, or run the new one by itself`,
  )
}
