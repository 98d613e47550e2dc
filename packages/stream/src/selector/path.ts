import { BraidError } from '@braid/core'

/** A name, a position, or `WILD`: every element. */
export type Segment = string | number | typeof WILD
export const WILD = null

/** A definite path, or one with wildcards. `position` asks for the place in the array instead of the value (`$.parts[*]#`). */
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
    if (!step) break
    if (step[1] !== undefined) segments.push(step[1])
    else if (step[2] !== undefined) segments.push(Number(step[2]))
    else if (step[3] !== undefined) segments.push(step[3].replace(/\\(.)/g, '$1'))
    else segments.push(WILD)
    at += step[0].length
  }
  const position = source[at] === '#'
  if (position) {
    if (segments.at(-1) !== WILD) throw badPath(source, at)
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

/** The array segments that a path runs through, outermost first: `$.a[*].b[*].c` gives `$.a` and `$.a[*].b`. */
export function wildcards(path: Path): (readonly Segment[])[] {
  const found: (readonly Segment[])[] = []
  path.segments.forEach((segment, at) => {
    if (segment === WILD) found.push(path.segments.slice(0, at))
  })
  return found
}

function badPath(source: string, at: number): BraidError {
  return new BraidError(
    'invalid_manifest',
    `Expected a path such as $.choices[*].delta.content, found "${source}" (trouble at character ${at + 1}). ` +
      `Paths take .name, [0], ['any name'] and [*], and # at the end of one that ends with [*].`,
  )
}
