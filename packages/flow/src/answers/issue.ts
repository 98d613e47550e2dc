import type { Issue, SchemaResult } from '@braid/core'

export type SchemaIssue = Extract<SchemaResult<unknown>, { readonly issues: readonly unknown[] }>['issues'][number]

/** A step of a path is a key, or (Standard Schema) an object that has it. */
export function stepOf(step: unknown): PropertyKey {
  const key: unknown = typeof step === 'object' && step !== null && 'key' in step ? step.key : step
  return typeof key === 'number' || typeof key === 'symbol' ? key : String(key)
}

/** More is wrong than anybody reads where more than this is. */
const MOST = 100
/** A message may list all that would have been right. */
const LONGEST = 400

/** What is wrong and where, with the kind of what was found in its place; nothing of what was answered is in it. */
export function issuesOf(found: readonly SchemaIssue[], value: unknown): readonly Issue[] {
  return found.slice(0, MOST).map((issue) => {
    const path = (issue.path ?? []).map(stepOf)
    return { path: pathOf(path), message: messageOf(issue, valueAt(value, path)) }
  })
}

/** `steps[0].minutes`; empty for the whole. */
function pathOf(path: readonly PropertyKey[]): string {
  let written = ''
  for (const step of path) {
    const name = String(step).slice(0, 80)
    if (/^\d+$/.test(name)) written += `[${name}]`
    else if (/^[A-Za-z_$][\w$]*$/.test(name)) written += written === '' ? name : `.${name}`
    else written += `[${JSON.stringify(name)}]`
  }
  return written
}

function messageOf(issue: SchemaIssue, value: unknown): string {
  // Valibot and ArkType put what they were given into their messages, and what was expected beside them.
  const { expected } = issue as { readonly expected?: unknown }
  if (typeof expected === 'string' && expected !== '') return `expected ${expected}, got ${kindOf(value)}`
  const message = withoutContent(issue.message, value)
  return message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message
}

/** A message that quotes what was answered does so no more. Shorter than four letters is more likely a word of the message. */
function withoutContent(message: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return message
  const text = String(value)
  if (text.length < 4) return message
  return message.replaceAll(/^\w+$/.test(text) ? new RegExp(`\\b${text}\\b`, 'g') : text, '…')
}

/** What a value is, without saying it. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<PropertyKey, unknown>)[step]
  }
  return at
}
