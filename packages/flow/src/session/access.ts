import { BraidError, type Model, type Schema } from '@braid/core'
import type { Branch } from './branch.ts'
import { fieldsOf } from './fields.ts'

/** Whether a branch allows the model or the tool of that name. Without a branch everything is allowed. */
export function mayUse(branch: Branch | undefined, name: string): boolean {
  return branch?.resources?.includes(name) ?? true
}

/** Names what was asked for and what is allowed. */
export function accessDenied(branch: Branch, what: 'model' | 'tool' | 'output field', name: string): BraidError {
  const list = what === 'output field' ? 'capabilities' : 'resources'
  const allowed = branch[list]?.map((each) => `"${each}"`).join(', ') || 'none'
  return new BraidError(
    'access_denied',
    `branch "${branch.name}" does not allow the ${what} "${name}"; its \`${list}\` are: ${allowed}; name it there when the branch is made or forked`,
  )
}

/** A model is allowed by its name, or as `provider/model`. Throws `access_denied`. */
export function checkModelAccess(branch: Branch | undefined, model: Model): void {
  if (!branch || mayUse(branch, model.name) || mayUse(branch, `${model.provider}/${model.model}`)) return
  throw accessDenied(branch, 'model', model.name)
}

/**
 * Throws `access_denied` when what an operation has to put out has a field that its branch does not allow, or may have any: a list that
 * cannot be checked allows nothing.
 */
export function checkOutputAccess(branch: Branch | undefined, output: Schema): void {
  const allowed = branch?.capabilities
  if (!branch || !allowed) return
  const fields = fieldsOf(output)
  if (!fields) {
    throw new BraidError(
      'access_denied',
      `branch "${branch.name}" allows some output fields only, and which ones this schema has cannot be told; use a schema that tells its JSON Schema and has no field of any name`,
    )
  }
  const denied = fields.find((field) => !allowed.includes(field))
  if (denied !== undefined) throw accessDenied(branch, 'output field', denied)
}

/** A copy of an allow-list that nobody changes. Throws `invalid_request` for what is none. */
export function allowList(list: unknown, name: 'resources' | 'capabilities'): readonly string[] {
  if (Array.isArray(list) && list.every((each) => typeof each === 'string' && each !== '')) {
    return Object.freeze([...new Set<string>(list)])
  }
  const got = Array.isArray(list) ? 'a list with something else in it' : typeof list
  throw new BraidError('invalid_request', `expected \`${name}\` to be a list of names; got ${got}`)
}
