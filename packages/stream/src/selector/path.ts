import { BraidError } from '@braid/core'
import { compileQuery } from './query.ts'
import { isFan, type Segment, type Selection, WILD } from './segment.ts'

/** A definite path, or one to several places. `position` asks for the place in the array instead of the value (`$.parts[*]#`). */
export interface Path {
  readonly source: string
  readonly segments: readonly Segment[]
  readonly position: boolean
}

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\[\*\]|\['((?:[^'\\]|\\.)*)'\]/y

/** Reads the path that starts at `from`; gives where it ends as well. Throws `invalid_manifest`. */
export function readPath(source: string, from = 0): { readonly path: Path; readonly end: number } {
  if (source[from] !== '$') throw badPath(source, from)
  const segments: Segment[] = []
  let at = from + 1
  for (;;) {
    STEP.lastIndex = at
    const step = STEP.exec(source)
    if (!step) {
      const end = endOfSelection(source, at)
      if (end === undefined) break
      segments.push(selection(source, at, end))
      at = end
      continue
    }
    if (step[1] !== undefined) segments.push(step[1])
    else if (step[2] !== undefined) segments.push(Number(step[2]))
    else if (step[3] !== undefined) segments.push(step[3].replace(/\\(.)/g, '$1'))
    else segments.push(WILD)
    at += step[0].length
  }
  const position = source[at] === '#'
  if (position) {
    const last = segments.at(-1)
    if (last === undefined || !isFan(last)) throw badPath(source, at)
    at += 1
  }
  return { path: { source: source.slice(from, at), segments, position }, end: at }
}

/** Parses a path that is the whole of `source`. */
export function parsePath(source: string): Path {
  const { path, end } = readPath(source)
  if (end !== source.length) throw badPath(source, end)
  return path
}

/** The steps to several places that a path takes, each with what leads to it, outermost first: `$.a[*].b[*].c` gives `$.a[*]` and `$.a[*].b[*]`. */
export function fans(path: Path): (readonly Segment[])[] {
  return path.segments.flatMap((segment, at) => (isFan(segment) ? [path.segments.slice(0, at + 1)] : []))
}

/** Where a step ends that our own grammar does not know: a bracket with anything in it, `.*`, or a descent. Undefined where none begins. */
function endOfSelection(source: string, from: number): number | undefined {
  const descent = /\.\.(?:\*|[A-Za-z_]\w*)|\.\*|\.\.(?=\[)/y
  descent.lastIndex = from
  const at = descent.test(source) ? descent.lastIndex : from
  if (source[at] !== '[') return at === from ? undefined : at
  let depth = 0
  const mark = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[[\]]/g
  mark.lastIndex = at
  for (let found = mark.exec(source); found; found = mark.exec(source)) {
    if (found[0] === '[') depth += 1
    else if (found[0] === ']' && --depth === 0) return mark.lastIndex
  }
  return undefined
}

function selection(source: string, from: number, to: number): Selection {
  const text = source.slice(from, to)
  // A step is taken from where the path has come to: the frame is out of its sight.
  if (/\$/.test(text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, ''))) throw badPath(source, from)
  try {
    return { source: text, query: compileQuery(`$${text}`) }
  } catch (error) {
    throw error instanceof BraidError ? badPath(source, from) : error
  }
}

function badPath(source: string, at: number): BraidError {
  return new BraidError(
    'invalid_manifest',
    `Expected a path such as $.choices[*].delta.content, found "${source}" (trouble at character ${at + 1}). ` +
      `Paths take .name, [0], ['any name'], [*], whatever else JSONPath selects from there ([?@.kind == 'x'], [-1], ..name), and # at the end of one that ends with [*].`,
  )
}
