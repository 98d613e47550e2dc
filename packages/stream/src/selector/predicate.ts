import { BraidError } from '@braid/core'
import { type Path, readPath } from './path.ts'

export type Literal = string | number | boolean | null

/** A condition over a frame, as written in `match` and `frame_selector`. */
export type Predicate =
  | { readonly type: 'and' | 'or'; readonly terms: readonly Predicate[] }
  | { readonly type: 'not'; readonly term: Predicate }
  | { readonly type: 'exists' | 'truth'; readonly path: Path }
  | { readonly type: 'compare'; readonly path: Path; readonly operator: Operator; readonly literal: Literal }
  | { readonly type: 'in'; readonly path: Path; readonly literals: readonly Literal[] }

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>='

/** Every path in it, in order. */
export function pathsOf(predicate: Predicate): Path[] {
  switch (predicate.type) {
    case 'and':
    case 'or':
      return predicate.terms.flatMap(pathsOf)
    case 'not':
      return pathsOf(predicate.term)
    case 'exists':
    case 'truth':
    case 'compare':
    case 'in':
      return [predicate.path]
    default:
      return predicate satisfies never
  }
}

/**
 * Parses a condition. From weak to strong: `||`, `&&`, `!`; then parentheses, `exists(path)`, `path == literal` (also `!=`, `<`, `<=`,
 * `>`, `>=`), `path in [literals]`, and a path alone, which asks for truth. Throws `invalid_manifest`.
 */
export function parsePredicate(source: string): Predicate {
  const parser = new Parser(source)
  const predicate = parser.or()
  parser.finish()
  return predicate
}

const TOKEN =
  /\s*(\|\||&&|==|!=|<=|>=|[<>!()[\],]|in\b|exists\b|true\b|false\b|null\b|-?\d+(?:\.\d+)?|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/y
const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

class Parser {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  or(): Predicate {
    return this.#chain('||', 'or', () => this.#chain('&&', 'and', () => this.#not()))
  }

  finish(): void {
    this.#skipSpace()
    if (this.#at < this.#source.length) throw this.#unexpected('the end, || or &&')
  }

  #chain(sign: string, type: 'and' | 'or', next: () => Predicate): Predicate {
    const terms = [next()]
    while (this.#take(sign)) terms.push(next())
    return terms.length === 1 ? terms[0]! : { type, terms }
  }

  #not(): Predicate {
    if (this.#take('!')) return { type: 'not', term: this.#not() }
    if (this.#take('(')) {
      const inner = this.or()
      this.#expect(')')
      return inner
    }
    if (this.#take('exists')) {
      this.#expect('(')
      const path = this.#path()
      this.#expect(')')
      return { type: 'exists', path }
    }
    return this.#comparison()
  }

  #comparison(): Predicate {
    const path = this.#path()
    const sign = this.#peek()
    if (sign !== undefined && OPERATORS.has(sign)) {
      this.#take(sign)
      return { type: 'compare', path, operator: sign as Operator, literal: this.#literal() }
    }
    if (!this.#take('in')) return { type: 'truth', path }
    this.#expect('[')
    const literals = [this.#literal()]
    while (this.#take(',')) literals.push(this.#literal())
    this.#expect(']')
    return { type: 'in', path, literals }
  }

  #path(): Path {
    this.#skipSpace()
    if (this.#source[this.#at] !== '$') throw this.#unexpected('a path, which starts with $')
    const { path, end } = readPath(this.#source, this.#at)
    this.#at = end
    return path
  }

  #literal(): Literal {
    const token = this.#peek()
    const value = token === undefined ? undefined : literalOf(token)
    if (value === undefined) throw this.#unexpected("a literal: 'text', a number, true, false or null")
    this.#take(token!)
    return value
  }

  #peek(): string | undefined {
    TOKEN.lastIndex = this.#at
    return TOKEN.exec(this.#source)?.[1]
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false
    this.#at = TOKEN.lastIndex
    return true
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#unexpected(token)
  }

  #skipSpace(): void {
    while (this.#at < this.#source.length && this.#source[this.#at]!.trim() === '') this.#at += 1
  }

  #unexpected(wanted: string): BraidError {
    const rest = this.#source.slice(this.#at, this.#at + 30).trim()
    return new BraidError(
      'invalid_manifest',
      `Expected ${wanted} at character ${this.#at + 1} of the condition "${this.#source}", found ${rest === '' ? 'its end' : `"${rest}"`}.`,
    )
  }
}

function literalOf(token: string): Literal | undefined {
  if (token === 'true') return true
  if (token === 'false') return false
  if (token === 'null') return null
  if (token.startsWith("'") || token.startsWith('"')) return token.slice(1, -1).replace(/\\(.)/g, '$1')
  return /^-?\d/.test(token) ? Number(token) : undefined
}
