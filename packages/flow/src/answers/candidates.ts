import { jsonrepair } from 'jsonrepair'
import { FoundJson } from './found-json.ts'
import { isRecord, type Root } from './schema-words.ts'

/**
 * More letters than this are not repaired, nor more than three times as many of one answer: on quotes that are not escaped the library
 * takes quadratic time (100 KB: 3.6 s), and nothing else runs meanwhile.
 */
const REPAIRABLE = 16_384
/** How many things that opened and are no JSON are looked at again. */
const TRIED = 8
/** Models whose server does not part their thoughts from their answer end them so. */
const THOUGHT = '</think>'

export interface Candidate {
  readonly json: unknown
  /** It is only a part of what was answered. */
  readonly part: boolean
}

/**
 * What of a text may be the answer, in the order of how little was done to it. `cut`: the text is known to stop before its end; then
 * nothing is repaired, and no part is taken for the whole.
 */
export function* candidates(text: string, root: Root, cut: boolean): Generator<Candidate> {
  const whole = parsed(text)
  if (whole) {
    yield { json: whole.json, part: false }
    if (!cut) yield* parts(whole.json, root)
  }
  if (root === 'string') {
    // A text is the answer where a text was asked for.
    if (!cut) yield { json: text.trim(), part: false }
    return
  }
  if (whole) return
  const thought = text.lastIndexOf(THOUGHT)
  if (thought >= 0) {
    yield* candidates(text.slice(thought + THOUGHT.length), root, cut)
    return
  }
  const found = new FoundJson(root)
  found.push(text)
  for (const json of found.whole) yield { json: harmless(json, text), part: false }
  if (cut) return
  for (const json of found.whole) yield* parts(json, root)
  found.end()
  yield* repaired(pieces(text, found), root)
}

function* repaired(pieces: Iterable<string>, root: Root): Generator<Candidate> {
  let left = 3 * REPAIRABLE
  for (const piece of pieces) {
    if (piece.length > Math.min(left, REPAIRABLE)) continue
    left -= piece.length
    const whole = repair(piece)
    if (!whole) continue
    yield { json: whole.json, part: false }
    yield* parts(whole.json, root)
  }
}

/** JSON within a JSON string; what is alone in a wrapper; the objects of a list, the first of which is meant where one was asked for. */
function* parts(json: unknown, root: Root): Generator<Candidate> {
  if (typeof json === 'string') {
    const inner = parsed(json)
    if (typeof inner?.json === 'object') yield { json: inner.json, part: false }
  }
  if (Array.isArray(json) && root !== 'array') {
    for (const each of json) if (isRecord(each)) yield { json: each, part: true }
  }
  if (isRecord(json)) {
    const [only, ...others] = Object.values(json)
    if (others.length === 0 && typeof only === 'object' && only !== null) yield { json: only, part: true }
  }
}

/**
 * What may be JSON with something wrong in it: each fenced block; what opened and was none, the longest first, since words in brackets are short;
 * and, since what is wrong may hide where it ends, from there to the last bracket of all, and to the end.
 */
function* pieces(text: string, found: FoundJson): Generator<string> {
  const parts = [...text.matchAll(FENCED)].map((match) => match[1] as string)
  const spans = found.damaged.map(({ from, to = text.length }) => ({ from, to }))
  const longest = spans.sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, TRIED)
  for (const { from, to } of longest) parts.push(text.slice(from, to))
  const last = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1
  for (const { from } of longest) parts.push(text.slice(from, last), text.slice(from))
  const seen = new Set<string>()
  for (const part of parts) {
    const trimmed = part.trim()
    if (trimmed === '' || seen.has(trimmed)) continue
    seen.add(trimmed)
    yield trimmed
  }
}

/** A block between fences; the last one may lack its end. */
const FENCED = /```[^\n`]*\n([\s\S]*?)(?:```|$)/g

function repair(text: string): { readonly json: unknown } | undefined {
  try {
    return parsed(jsonrepair(text))
  } catch {
    return undefined
  }
}

/** Undefined where it is no JSON. */
function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: harmless(JSON.parse(text), text) }
  } catch {
    return undefined
  }
}

/** Takes names away that would reach a prototype once somebody merges what was answered into something else. */
function harmless(json: unknown, text: string): unknown {
  if (!/__proto__|\\u/i.test(text)) return json
  const open: unknown[] = [json]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null) continue
    Reflect.deleteProperty(next, '__proto__')
    for (const value of Object.values(next)) open.push(value)
  }
  return json
}
