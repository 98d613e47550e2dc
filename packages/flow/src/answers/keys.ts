import type { SchemaIssue } from './issue.ts'
import { stepOf } from './issue.ts'
import { meant } from './likeness.ts'
import { isRecord, type JsonSchema, own, resolved } from './schema-words.ts'

/**
 * The value with its keys as the schema spells them, where its JSON Schema tells: `Risk_Level` where `riskLevel` is expected and missing.
 * Keys alone: no value is made up or changed. What needs no change is the same object.
 */
export function spelt(value: unknown, words: JsonSchema): unknown {
  return inside(value, words, words, 0)
}

function inside(value: unknown, schema: unknown, root: JsonSchema, depth: number): unknown {
  if (depth > 64) return value
  const told = resolved(schema, root)
  if (!told) return value
  if (Array.isArray(value)) return list(value, told, root, depth)
  if (!isRecord(value)) return value
  const branch = branchOf(value, told, root)
  return branch ? object(value, branch, root, depth) : value
}

function list(value: readonly unknown[], schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  const { items, prefixItems } = branchFor('items', schema, root) ?? schema
  const first = Array.isArray(prefixItems) ? prefixItems : []
  return changed(value, (each, index) => inside(each, first[index] ?? items, root, depth + 1))
}

function object(
  value: Record<string, unknown>,
  schema: JsonSchema,
  root: JsonSchema,
  depth: number,
): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  const others = schema['additionalProperties']
  // Where any key is welcome, one that is not listed is no misspelling of one that may be left out.
  const open = isRecord(others) || others === true || schema['patternProperties'] !== undefined
  const missing = Object.keys(properties).filter((name) => !Object.hasOwn(value, name) && (required.has(name) || !open))
  const given = missing.length === 0 ? [] : Object.keys(value).filter((name) => !Object.hasOwn(properties, name))
  const certain = meant(missing, given, false)
  const guessed = meant(
    missing.filter((name) => required.has(name) && !certain.has(name)),
    given.filter((name) => ![...certain.values()].includes(name)),
    true,
  )
  const named = renamed(value, new Map([...certain, ...guessed]))
  const entries = Object.entries(named)
  const inner = changed(entries, (entry) => {
    const [name, each] = entry
    const now = inside(each, own(properties, name) ?? (isRecord(others) ? others : undefined), root, depth + 1)
    return now === each ? entry : ([name, now] as [string, unknown])
  })
  return inner === entries ? named : fromEntries(inner)
}

/** Of a union, the one that this object can only be: the one branch that has properties, or whose constants it has. */
function branchOf(value: Record<string, unknown>, schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  if (isRecord(schema['properties']) || isRecord(schema['additionalProperties'])) return schema
  if (Array.isArray(schema['allOf'])) return together(schema['allOf'], root)
  const branches = branchesOf(schema, root).filter((each) => isRecord(each['properties']))
  if (branches.length < 2) return branches[0]
  const fitting = branches.filter((each) => constantsFit(value, each['properties'] as JsonSchema, root))
  return fitting.length === 1 ? fitting[0] : undefined
}

/** What all of these say of the fields of one object. */
function together(parts: readonly unknown[], root: JsonSchema): JsonSchema {
  const told = parts.map((part) => resolved(part, root) ?? {})
  return {
    properties: Object.assign({}, ...told.map((each) => each['properties'])),
    required: told.flatMap((each) => (Array.isArray(each['required']) ? each['required'] : [])),
  }
}

function branchFor(keyword: string, schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  if (keyword in schema) return schema
  const branches = branchesOf(schema, root).filter((each) => keyword in each)
  return branches.length === 1 ? branches[0] : undefined
}

/** The schemas that a union is made of, unions within it included. */
function branchesOf(schema: JsonSchema, root: JsonSchema, depth = 0): readonly JsonSchema[] {
  const branches = UNIONS.flatMap((keyword) => (Array.isArray(schema[keyword]) ? schema[keyword] : []))
  return branches.flatMap((each) => {
    const told = resolved(each, root)
    if (!told) return []
    const inner = depth < 8 ? branchesOf(told, root, depth + 1) : []
    return inner.length > 0 ? inner : [told]
  })
}

const UNIONS = ['anyOf', 'oneOf'] as const

function constantsFit(value: Record<string, unknown>, properties: JsonSchema, root: JsonSchema): boolean {
  let fits = false
  for (const [name, schema] of Object.entries(properties)) {
    const told = resolved(schema, root)
    if (!told || !('const' in told)) continue
    if (own(value, name) !== told['const']) return false
    fits = true
  }
  return fits
}

/** The same by what validation found missing, for schemas that have no words for themselves. Undefined where nothing was found to change. */
export function respelt(value: unknown, issues: readonly SchemaIssue[]): unknown {
  const missing = new Map<string, { readonly path: readonly PropertyKey[]; readonly names: string[] }>()
  for (const issue of issues) {
    const path = (issue.path ?? []).map(stepOf)
    const name = path.pop()
    const parent = at(value, path)
    if (typeof name !== 'string' || !isRecord(parent) || Object.hasOwn(parent, name)) continue
    const key = JSON.stringify(path)
    const known = missing.get(key) ?? { path, names: [] }
    known.names.push(name)
    missing.set(key, known)
  }
  let now = value
  for (const { path, names } of missing.values()) {
    now = replaced(now, path, (parent) => {
      const given = isRecord(parent) ? Object.keys(parent) : []
      return isRecord(parent) ? renamed(parent, meant(names, given, true)) : parent
    })
  }
  return now === value ? undefined : now
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let place = value
  for (const step of path) {
    if (Array.isArray(place)) place = place[Number(step)]
    else if (isRecord(place)) place = own(place, String(step))
    else return undefined
  }
  return place
}

function replaced(value: unknown, path: readonly PropertyKey[], by: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return by(value)
  if (Array.isArray(value)) {
    return changed(value, (each, index) => (index === Number(step) ? replaced(each, rest, by) : each))
  }
  if (!isRecord(value)) return value
  const entries = Object.entries(value)
  const inner = changed(entries, (entry) => {
    if (entry[0] !== step) return entry
    const now = replaced(entry[1], rest, by)
    return now === entry[1] ? entry : ([entry[0], now] as [string, unknown])
  })
  return inner === entries ? value : fromEntries(inner)
}

/** `names`: what each is to be called, and what it is called now. */
function renamed(value: Record<string, unknown>, names: ReadonlyMap<string, string>): Record<string, unknown> {
  if (names.size === 0) return value
  const by = new Map([...names].map(([name, given]) => [given, name]))
  return fromEntries(Object.entries(value).map(([name, each]) => [by.get(name) ?? name, each] as const))
}

/** The same list where nothing in it changed. */
function changed<T>(list: readonly T[], by: (each: T, index: number) => T): readonly T[] {
  const now = list.map(by)
  return now.every((each, index) => each === list[index]) ? list : now
}

/** `Object.fromEntries` defines its properties: a key `__proto__` sets no prototype. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries)
}
