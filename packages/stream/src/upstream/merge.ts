import type { RuleSource } from '../manifest-data.ts'
import { allPlaces, type Concern, type Draft, draft } from './draft.ts'
import { arraysOf } from './expression.ts'
import type { Remarks } from './remarks.ts'

const LAST: ReadonlySet<Concern> = new Set(['finish reason', 'end', 'errors'])
const SAID: ReadonlySet<Concern> = new Set(['text', 'reasoning', 'refusal'])

/**
 * The rules of a manifest over those of its family. What the family reads in the same places, under no more conditions, stays the family's, which reads
 * more of it. A rule that asks the same of a frame and reads other places comes first in those of the family's. A rule with conditions of its own takes the
 * place of what reads the same; one that reads something else stands beside it.
 */
export function mergeRules(
  family: readonly RuleSource[],
  own: readonly Draft[],
  remarks: Remarks,
  name: string,
): { readonly rules: RuleSource[]; readonly added: readonly Draft[] } {
  let base = family.map((rule, index) => draft(rule, String(index)))
  const kept: Draft[] = []
  for (const mine of own) {
    if (covered(mine, base)) {
      const first = /\w+(?=\[\d+\])/.exec(JSON.stringify(mine.rule))
      if (first)
        remarks.add('overruled', mine.from, `it reads the first of \`${first[0]}\` alone: all of them are read`)
      continue
    }
    const twin = base.findIndex((theirs) => isTwin(mine, theirs))
    if (twin !== -1) {
      base = base.with(twin, draft(joined(base[twin]!, mine, remarks, name), base[twin]!.from))
      continue
    }
    // Narrower than the family's rule, or of another opinion about what it means.
    base = base.filter((theirs) => !claims(mine, theirs))
    remarks.add('added', mine.from, `a rule that ${name} does not have: it is read as well`)
    kept.push(mine)
  }
  const at = base.findIndex(({ concern }) => LAST.has(concern))
  const cut = at === -1 ? base.length : at
  const rules = [...base.slice(0, cut), ...kept, ...base.slice(cut)].map(({ rule }) => rule)
  return { rules, added: kept }
}

function covered(mine: Draft, base: readonly Draft[]): boolean {
  const theirs = base.filter(({ concern }) => concern === mine.concern)
  if (theirs.length === 0) return false
  const known = allPlaces(theirs)
  return (
    mine.places.every((places) => places.some((place) => known.has(place))) &&
    [...mine.asks].every((ask) => theirs.some(({ asks }) => asks.has(ask)))
  )
}

/** Whether they ask the same of a frame, and differ in where they read. */
function isTwin(mine: Draft, theirs: Draft): boolean {
  if (mine.concern !== theirs.concern || mine.places.length === 0) return false
  if (mine.rule.match === theirs.rule.match) return true
  return (
    mine.asks.size > 0 && mine.asks.size === theirs.asks.size && [...mine.asks].every((ask) => theirs.asks.has(ask))
  )
}

function claims(mine: Draft, theirs: Draft): boolean {
  if (theirs.concern !== mine.concern && !(SAID.has(mine.concern) && SAID.has(theirs.concern))) return false
  const known = allPlaces([theirs])
  return mine.places.flat().some((place) => known.has(place))
}

/** Each field from where the manifest has it and, where nothing is there, from where the family does. */
function joined(theirs: Draft, mine: Draft, remarks: Remarks, name: string): RuleSource {
  const fields = { ...theirs.rule.fields }
  for (const [field, value] of Object.entries(mine.rule.fields ?? {})) {
    const known = fields[field]
    if (known === undefined) fields[field] = value
    else if (typeof value === 'string' && value.startsWith('$')) {
      const paths = Array.isArray(known)
        ? known
        : typeof known === 'string' && known.startsWith('$')
          ? [known]
          : undefined
      if (paths?.includes(value)) continue
      if (!paths || arraysOf(paths[0]!) !== arraysOf(value)) {
        remarks.add('unused', mine.from, `\`${field}\` is not at \`${value}\`, but where ${name} has it`)
        continue
      }
      fields[field] = [value, ...paths]
      remarks.add(
        'overruled',
        mine.from,
        `\`${field}\` is not at \`${value}\` alone: where nothing is there, it is read at \`${paths.join('`, `')}\`, as ${name} has it`,
      )
    }
  }
  const [one, other] = [mine.rule.match, theirs.rule.match]
  return one === other || one === undefined || other === undefined
    ? { ...theirs.rule, fields }
    : { ...theirs.rule, match: `(${one}) || (${other})`, fields }
}
