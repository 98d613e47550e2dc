/** Deeper than any answer is; what goes deeper cannot be walked or written again without care, so it is not read. */
const DEPTH = 256

/** An object or a list that is still open: what is whole of it, and under which name the next value goes. */
interface Open {
  readonly holds: Record<string, unknown> | unknown[]
  size: number
  name: string
}

/** What the next mark has to be. */
type Next = 'value' | 'value-or-end' | 'name' | 'name-or-end' | 'colon' | 'comma-or-end' | 'string' | 'word'

/**
 * Reads JSON as it grows. {@link value} is what can be read so far: whole values, open strings as far as they go, open objects and lists
 * with what is in them; a number or literal that may go on is left out. Each letter is read once, however the text is cut.
 *
 * Strict as `JSON.parse`, and the same value at the end: a name `__proto__` is a name like any other, and of the same name twice the last counts.
 *
 * @example
 * const json = new PartialJson()
 * json.push('{"city":"Par')
 * json.value // { city: 'Par' }
 */
export class PartialJson {
  /** Whole: the value has ended. Broken: what came is no JSON. */
  state: 'open' | 'whole' | 'broken' = 'open'
  /** How often what can be read has changed. */
  changes = 0
  /** How many values a look at {@link value} copies: those in objects and lists that are open. */
  weight = 0
  readonly #open: Open[] = []
  #next: Next = 'value'
  /** The string or word that is being read, and whether it is a name. */
  #text = ''
  #isName = false
  /** A `\` whose letters have not all come. */
  #escape = ''
  #whole: unknown

  /** Reads on, and tells how far: less than the whole text where the value ended, or where it broke. A root number only {@link end} can end. */
  push(text: string, from = 0): number {
    let at = from
    while (at < text.length && this.state === 'open') {
      if (this.#next === 'string') at = this.#string(text, at)
      else if (this.#next === 'word') at = this.#word(text, at)
      else at = this.#mark(text, at)
    }
    return at
  }

  /** How many objects and lists are open, and whether a string is. */
  get depth(): number {
    return this.#open.length
  }

  get quoted(): boolean {
    return this.#next === 'string'
  }

  /** Nothing more comes. */
  end(): void {
    if (this.state === 'open' && this.#next === 'word' && this.#open.length === 0) this.#endWord()
  }

  /** A value of its own each time, sharing what is whole with the others. Undefined where nothing can be read. */
  get value(): unknown {
    let value = this.#whole
    if (this.state !== 'whole' && this.#next === 'string' && !this.#isName) value = wholeCharacters(this.#text)
    for (let depth = this.#open.length - 1; depth >= 0; depth--) {
      const { holds, name } = this.#open[depth] as Open
      const copy = Array.isArray(holds) ? holds.slice() : { ...holds }
      if (value !== undefined) put(copy, name, value)
      value = copy
    }
    return value
  }

  #mark(text: string, at: number): number {
    const mark = text[at] as string
    if (mark === ' ' || mark === '\n' || mark === '\r' || mark === '\t') return at + 1
    switch (this.#next) {
      case 'value-or-end':
        return mark === ']' ? this.#close(at) : this.#begin(mark, at)
      case 'value':
        return this.#begin(mark, at)
      case 'name-or-end':
        if (mark === '}') return this.#close(at)
        return this.#beginName(mark, at)
      case 'name':
        return this.#beginName(mark, at)
      case 'colon':
        return mark === ':' ? this.#go('value', at + 1) : this.#break(at)
      case 'comma-or-end': {
        const isList = Array.isArray(this.#innermost.holds)
        if (mark === ',') return this.#go(isList ? 'value' : 'name', at + 1)
        return mark === (isList ? ']' : '}') ? this.#close(at) : this.#break(at)
      }
      default:
        return this.#break(at)
    }
  }

  #begin(mark: string, at: number): number {
    switch (mark) {
      case '{':
      case '[':
        if (this.#open.length === DEPTH) return this.#break(at)
        this.#open.push({ holds: mark === '{' ? {} : [], size: 0, name: '' })
        this.changes += 1
        return this.#go(mark === '{' ? 'name-or-end' : 'value-or-end', at + 1)
      case '"':
        this.#text = ''
        this.#isName = false
        this.changes += 1
        return this.#go('string', at + 1)
      default:
        this.#text = ''
        return WORD_START.test(mark) ? this.#go('word', at) : this.#break(at)
    }
  }

  #beginName(mark: string, at: number): number {
    if (mark !== '"') return this.#break(at)
    this.#text = ''
    this.#isName = true
    return this.#go('string', at + 1)
  }

  #string(text: string, from: number): number {
    if (this.#escape !== '') return this.#unescape(text, from)
    STRING_END.lastIndex = from
    const found = STRING_END.exec(text)
    const at = found ? found.index : text.length
    if (at > from) {
      this.#text += text.slice(from, at)
      if (!this.#isName) this.changes += 1
    }
    if (!found) return at
    if (found[0] === '"') {
      this.#endString()
      return at + 1
    }
    if (found[0] !== '\\') return this.#break(at)
    this.#escape = '\\'
    return at + 1
  }

  /** Takes one letter of an escape. */
  #unescape(text: string, at: number): number {
    this.#escape += text[at]
    const { length } = this.#escape
    if (length === 2 && this.#escape[1] === 'u') return at + 1
    const plain = length === 2 ? ESCAPES[this.#escape[1] as string] : undefined
    if (length === 2 && plain === undefined) return this.#break(at)
    if (length > 2 && !HEX.test(text[at] as string)) return this.#break(at)
    if (length > 2 && length < 6) return at + 1
    this.#text += plain ?? String.fromCharCode(Number.parseInt(this.#escape.slice(2), 16))
    this.#escape = ''
    if (!this.#isName) this.changes += 1
    return at + 1
  }

  #endString(): void {
    if (this.#isName) {
      this.#innermost.name = this.#text
      this.#next = 'colon'
    } else {
      this.#give(this.#text)
    }
  }

  #word(text: string, from: number): number {
    WORD_END.lastIndex = from
    const found = WORD_END.exec(text)
    const at = found ? found.index : text.length
    this.#text += text.slice(from, at)
    // No number and no literal is as long; a text without an end would be kept for nothing.
    if (this.#text.length > 1_024) return this.#break(at)
    if (found) this.#endWord()
    return at
  }

  #endWord(): void {
    try {
      const value: unknown = JSON.parse(this.#text)
      this.changes += 1
      this.#give(value)
    } catch {
      this.state = 'broken'
    }
  }

  #close(at: number): number {
    const { holds, size } = this.#open.pop() as Open
    this.weight -= size
    this.#give(holds)
    return at + 1
  }

  /** A value is whole: it goes where it belongs. */
  #give(value: unknown): void {
    if (this.#open.length === 0) {
      this.#whole = value
      this.state = 'whole'
      return
    }
    const open = this.#innermost
    put(open.holds, open.name, value)
    open.size += 1
    this.weight += 1
    this.#next = 'comma-or-end'
  }

  get #innermost(): Open {
    return this.#open[this.#open.length - 1] as Open
  }

  #go(next: Next, at: number): number {
    this.#next = next
    return at
  }

  #break(at: number): number {
    this.state = 'broken'
    return at
  }
}

/** A mark that ends or escapes, or a control character, which no string may have. */
const STRING_END = /["\\]|[^ -\uffff]/g
const WORD_START = /[-\dtfn]/
const WORD_END = /[\s,\]}]/g
const HEX = /^[\da-fA-F]$/
const ESCAPES: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})

function put(holds: Record<string, unknown> | unknown[], name: string, value: unknown): void {
  if (Array.isArray(holds)) holds.push(value)
  else if (name === '__proto__') {
    Object.defineProperty(holds, name, { value, writable: true, enumerable: true, configurable: true })
  } else holds[name] = value
}

/** Half of a character that is written as two is not shown before the other half has come. */
function wholeCharacters(text: string): string {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}
