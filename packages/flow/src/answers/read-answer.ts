import { BraidError, type Issue, type Schema } from '@braid/core'
import { candidates } from './candidates.ts'
import { issuesOf } from './issue.ts'
import { respelt, spelt } from './keys.ts'
import { type JsonSchema, type Root, rootOf, wordsOf } from './schema-words.ts'

/**
 * What was made of an answer: a value that the schema put out, with the JSON it was made from, or what is wrong with the answer, by path.
 * The error's message names paths, what was expected and what kind of thing came, and nothing of the answer itself.
 */
export type Read<T> =
  | { readonly value: T; readonly json: unknown }
  | { readonly issues: readonly Issue[]; readonly error: BraidError }

/** How many times the keys are put right by what validation finds: each time may show what is missing one level deeper. */
const ROUNDS = 4

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
  const root = words ? rootOf(words) : await wantsText(schema)
  /** What is wrong with the first thing that was JSON at all, or rather with the first that was of the right kind. */
  let issues: readonly Issue[] | undefined
  for (const { json, part } of candidates(text, root, cut)) {
    const read = await fitted(json, schema, words)
    if ('value' in read) return read
    if (!part && (issues === undefined || (ofTheWhole(issues) && !ofTheWhole(read.issues)))) issues = read.issues
  }
  issues ??= [
    {
      path: '',
      message: cut
        ? 'expected JSON, got the beginning of an answer'
        : 'expected JSON, got a text in which none can be read',
    },
  ]
  return { issues, error: invalidOutput(issues) }
}

/** `invalid_output`, naming paths. */
function invalidOutput(issues: readonly Issue[]): BraidError {
  const told = issues.slice(0, 8).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  const rest = issues.length > told.length ? `; and ${issues.length - told.length} more` : ''
  return new BraidError('invalid_output', `the answer does not fit \`output\`: ${told.join('; ')}${rest}`, {
    issues,
  })
}

function ofTheWhole(issues: readonly Issue[]): boolean {
  return issues.every((issue) => issue.path === '')
}

/** Of a schema without words: whether a text is all it takes, by what it says of nothing at all. */
async function wantsText(schema: Schema): Promise<Root> {
  try {
    const { issues } = await schema['~standard'].validate(undefined)
    const [issue, ...others] = issues ?? []
    return others.length === 0 && (issue as { readonly expected?: unknown } | undefined)?.expected === 'string'
      ? 'string'
      : undefined
  } catch {
    return undefined
  }
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
