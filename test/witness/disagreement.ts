import { isDeepStrictEqual } from 'node:util'
import type { Choice, Counts, Hearing } from './hearing.ts'

/** In what two clients can differ. */
export type Aspect =
  | 'ending'
  | 'candidates'
  | 'text'
  | 'reasoning'
  | 'refusal'
  | 'tool calls'
  | 'finish reason'
  | 'usage'
  | 'counts'

export interface Disagreement {
  readonly aspect: Aspect
  readonly braid: unknown
  readonly sdk: unknown
}

const SAID = [
  ['text', 'text'],
  ['reasoning', 'reasoning'],
  ['refusal', 'refusal'],
] as const satisfies readonly (readonly [Aspect, keyof Choice])[]

/**
 * Everything in which the two differ, as far as the SDK has a word for it. Where one of them threw, what was said until then is compared,
 * and not what only a whole answer has.
 */
export function disagreements(braid: Hearing, sdk: Hearing): Disagreement[] {
  const found: Disagreement[] = []
  const compare = (aspect: Aspect, ours: unknown, theirs: unknown) => {
    if (!isDeepStrictEqual(ours, theirs)) found.push({ aspect, braid: ours, sdk: theirs })
  }
  compare('ending', endingOf(braid), endingOf(sdk))
  compare('candidates', Object.keys(braid.choices), Object.keys(sdk.choices))
  const pairs = Object.keys(sdk.choices)
    .map((index) => [braid.choices[Number(index)], sdk.choices[Number(index)]!] as const)
    .filter((pair): pair is readonly [Choice, Choice] => pair[0] !== undefined)
  for (const [aspect, field] of SAID) {
    const spoken = pairs.filter(([, theirs]) => theirs[field] !== undefined)
    compare(
      aspect,
      spoken.map(([ours]) => ours[field]),
      spoken.map(([, theirs]) => theirs[field]),
    )
  }
  if (braid.error !== undefined || sdk.error !== undefined) return found
  compare('tool calls', ...sides(pairs, calls))
  compare('finish reason', ...sides(pairs, ([ours, theirs]) => [ours.finishReason, theirs.finishReason]))
  if (!includes(braid.usage, sdk.usage)) found.push({ aspect: 'usage', braid: braid.usage, sdk: sdk.usage })
  compare('counts', known(braid.counts, sdk.counts), sdk.counts)
  return found
}

type Pair = readonly [ours: Choice, theirs: Choice]

function sides(pairs: readonly Pair[], pick: (pair: Pair) => readonly [unknown, unknown]): [unknown[], unknown[]] {
  const picked = pairs.map(pick)
  return [picked.map(([ours]) => ours), picked.map(([, theirs]) => theirs)]
}

/** Where the provider gave no id, Braid makes one up, and SDKs do not. */
function calls([ours, theirs]: Pair): readonly [unknown, unknown] {
  const named = ours.calls?.map(({ id, ...call }, at) => {
    const theirId = theirs.calls?.[at]?.id
    return theirId === undefined ? call : { ...call, id }
  })
  return [named, theirs.calls?.map((call) => ({ ...call }))]
}

/** Only what the SDK has a word for. */
function known(ours: Counts, theirs: Counts): Counts {
  return Object.fromEntries(Object.entries(ours).filter(([name]) => Object.hasOwn(theirs, name)))
}

function endingOf({ error }: Hearing): 'whole' | 'error' {
  return error === undefined ? 'whole' : 'error'
}

/** Whether everything the SDK reports is in what Braid keeps as raw. SDKs leave fields out that they do not know, and say null for none. */
function includes(ours: unknown, theirs: unknown): boolean {
  if (theirs === null || theirs === undefined) return true
  if (typeof theirs !== 'object') return ours === theirs
  if (typeof ours !== 'object' || ours === null) return Object.keys(theirs).length === 0
  return Object.entries(theirs).every(([name, value]) => includes(Reflect.get(ours, name), value))
}
