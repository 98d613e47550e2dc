import type { OutputUnit } from '@cfworker/json-schema'
import type { SchemaIssue } from './issue.ts'

/** What is wrong, and where: of the validator's errors those that say it, without those that only say that something inside is wrong. */
export function issuesIn(errors: readonly OutputUnit[]): readonly SchemaIssue[] {
  const told = withoutOtherBranches(errors)
  const leaves = told.filter(({ keyword }) => !WRAPPERS.has(keyword))
  return (leaves.length > 0 ? leaves : told).map(issueOf)
}

const WRAPPERS: ReadonlySet<string> = new Set([
  '$ref',
  '$recursiveRef',
  '$dynamicRef',
  'properties',
  'patternProperties',
  'additionalProperties',
  'unevaluatedProperties',
  'items',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
  'allOf',
  'anyOf',
  'oneOf',
])

/**
 * Of a union that fits nothing, what is wrong with the one alternative that was meant: the only one of the right type and with the right
 * constants. Where there is none, or several, that nothing fits is all that is said.
 */
function withoutOtherBranches(errors: readonly OutputUnit[]): readonly OutputUnit[] {
  let told = errors
  for (const union of errors) {
    if ((union.keyword !== 'anyOf' && union.keyword !== 'oneOf') || !told.includes(union)) continue
    const inside = told.filter((error) => error.keywordLocation.startsWith(`${union.keywordLocation}/`))
    const branches = new Map<string, OutputUnit[]>()
    for (const error of inside) {
      const branch = error.keywordLocation.slice(union.keywordLocation.length + 1).split('/', 1)[0] as string
      branches.set(branch, [...(branches.get(branch) ?? []), error])
    }
    const meant = [...branches.values()].filter((each) => !each.some((error) => isOther(error, union)))
    const [only] = meant
    const kept = meant.length === 1 && only ? only : [{ ...union, keyword: 'union' }]
    told = [...told.filter((error) => error !== union && !inside.includes(error)), ...kept]
  }
  return told
}

/** Whether it says that another alternative was meant. */
function isOther({ keyword, instanceLocation }: OutputUnit, union: OutputUnit): boolean {
  if (keyword === 'const') return true
  return (keyword === 'type' || keyword === 'enum') && instanceLocation === union.instanceLocation
}

function issueOf({ keyword, instanceLocation, error }: OutputUnit): SchemaIssue & { readonly expected?: string } {
  const path = stepsOf(instanceLocation)
  const named = /"(.*)"/.exec(error)?.[1]
  switch (keyword) {
    case 'required':
      return { path: named === undefined ? path : [...path, named], message: 'expected a value, got nothing' }
    case 'type': {
      const expected = /Expected (.+)\.$/.exec(error)?.[1]?.replaceAll('"', '')
      return { path, message: error, ...(expected === undefined ? {} : { expected }) }
    }
    case 'enum':
    case 'const':
      return { path, message: error.replace(/^Instance does not match (any of )?/, 'expected $1').replace(/\.$/, '') }
    case 'false':
      return { path, message: 'no such field is expected' }
    case 'union':
      return { path, message: 'expected one of several alternatives, and none of them fits' }
    default:
      // Where a number is out of its bounds, the message begins with it.
      return { path, message: error.replace(/^-?\d\S* is/, 'the number is').replace(/\.$/, '') }
  }
}

/** The steps of a JSON pointer in a fragment (RFC 6901, section 6). */
function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
}
