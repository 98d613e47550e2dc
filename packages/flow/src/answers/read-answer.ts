import { BraidError, type Issue, type Schema } from '@braid/core'
import { jsonrepair } from 'jsonrepair'
import { FoundJson } from './found-json.ts'
import { issuesOf } from './issue.ts'
import { respelt, spelt } from './keys.ts'
import { isRecord, type JsonSchema, rootOf, wordsOf } from './schema-words.ts'

/**
 * What was made of an answer: a value that the schema put out, with the JSON it was made from, or what is wrong with the answer, by path.
 * The error's message names paths, what was expected and what kind of thing came, and nothing of the answer itself.
 */
export type Read<T> =
  | { readonly value: T; readonly json: unknown }
  | { readonly issues: readonly Issue[]; readonly error: BraidError }

/** Beyond this many letters an answer is not repaired: the library takes quadratic time on quotes that are not escaped (100 KB: 3.6 s). */
const REPAIRABLE = 32_768
/** How many times the keys are put right by what validation finds: each time may show what is missing one level deeper. */
const ROUNDS = 4
/** Models whose server does not part their thoughts from their answer end them so. */
const THOUGHT = '</think>'

/**
 * Reads an answer into a value without asking a model: as JSON; as the JSON in fences or between words; repaired by a library; with its keys
 * by likeness; as the only thing inside a list or a wrapper. The first that validates is the answer, in this order.
 *
 * `cut`: the text is known to stop before its end. Then nothing is repaired, since what closes a string that was cut makes up its end.
 *
 * @example
 * const read = await readAnswer('```json\n{ "Ship": true }\n```', Verdict)
 * if ('issues' in read) throw read.error
 * read.value.ship
 */
export async function readAnswer<T>(
  text: string,
  schema: Schema<T>,
  { cut = false }: { readonly cut?: boolean } = {},
): Promise<Read<T>> {
  const words = wordsOf(schema)
  /** What is wrong with the first thing that was JSON at all, or rather with the first that was of the right kind. */
  let issues: readonly Issue[] | undefined
  for (const { json, part } of candidates(text, words, cut)) {
    const read = await fitted(json, schema, words)
    if ('value' in read) return read
    if (!part && (issues === undefined || (ofTheWhole(issues) && !ofTheWhole(read.issues)))) issues = read.issues
  }
  issues ??= [
    {
      path: '',
      message: cut ? 'expected JSON, got the beginning of an answer' : 'expected JSON, got a text without any',
    },
  ]
  return { issues, error: invalidOutput(issues) }
}

/** `invalid_output`, naming paths. */
function invalidOutput(issues: readonly Issue[], more = ''): BraidError {
  const told = issues.slice(0, 8).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  const rest = issues.length > told.length ? `; and ${issues.length - told.length} more` : ''
  return new BraidError('invalid_output', `the answer does not fit \`output\`: ${told.join('; ')}${rest}${more}`, {
    issues,
  })
}

interface Candidate {
  readonly json: unknown
  /** It is only a part of what was answered. */
  readonly part: boolean
}

/** What of a text may be the answer, in the order of how little was done to it. */
function* candidates(text: string, words: JsonSchema | undefined, cut: boolean): Generator<Candidate> {
  const root = rootOf(words)
  const whole = parsed(text)
  if (whole) {
    yield { json: whole.json, part: false }
    if (!cut) yield* parts(whole.json, root)
    return
  }
  const thought = text.lastIndexOf(THOUGHT)
  if (thought >= 0) {
    yield* candidates(text.slice(thought + THOUGHT.length), words, cut)
    return
  }
  const found = new FoundJson()
  found.push(text)
  for (const json of found.whole) yield { json: harmless(json, text), part: false }
  if (cut) return
  for (const json of found.whole) yield* parts(json, root)
  for (const piece of damaged(text)) {
    const repaired = repair(piece)
    if (!repaired) continue
    yield { json: repaired.json, part: false }
    yield* parts(repaired.json, root)
  }
  // A text is the answer where a text was asked for.
  if (words?.['type'] === 'string') yield { json: text.trim(), part: false }
}

/** JSON within a JSON string; what is alone in a wrapper; the objects of a list, the first of which is meant where one was asked for. */
function* parts(json: unknown, root: 'object' | 'array' | undefined): Generator<Candidate> {
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

function ofTheWhole(issues: readonly Issue[]): boolean {
  return issues.every((issue) => issue.path === '')
}

/** Validates, putting the keys right where that is what is wrong. */
async function fitted<T>(json: unknown, schema: Schema<T>, words: JsonSchema | undefined): Promise<Read<T>> {
  let value = words ? spelt(json, words) : json
  for (let round = 0; ; round++) {
    const result = await schema['~standard'].validate(value)
    if (!result.issues) return { value: result.value, json: value }
    const next = words || round === ROUNDS ? undefined : respelt(value, result.issues)
    if (next === undefined) {
      const issues = issuesOf(result.issues, value)
      return { issues, error: invalidOutput(issues) }
    }
    value = next
  }
}

/** What may be JSON with something wrong in it: each fenced block, then from the first bracket to the last, then from the first to the end. */
function* damaged(text: string): Generator<string> {
  const seen = new Set<string>()
  const parts = [...text.matchAll(FENCED)].map((match) => match[1] as string)
  const start = text.search(/[{[]/)
  if (start >= 0) {
    const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
    if (end > start) parts.push(text.slice(start, end + 1))
    parts.push(text.slice(start))
  }
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
  if (text.length > REPAIRABLE) return undefined
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
  if (!/__proto__|\\u005f/i.test(text)) return json
  const open: unknown[] = [json]
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    Reflect.deleteProperty(next, '__proto__')
    open.push(...Object.values(next))
  }
  return json
}
