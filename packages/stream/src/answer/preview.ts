/**
 * What can already be read of a tool call's arguments, from their text so far: whole values, open strings as far as they go, open objects
 * and arrays with what is in them. A number or a literal that may go on is left out. Undefined where nothing can be read, or the text is
 * not the beginning of JSON.
 *
 * For showing, never for running: each call reads the text from its start, so call it when you draw and not per delta.
 *
 * @example
 * previewOf('{"city":"Par') // { city: 'Par' }
 */
export function previewOf(rawInput: string): unknown {
  return parse(rawInput) ?? parse(closed(rawInput))
}

/**
 * The longest beginning that is whole but for its closing marks, with those. A string that is still open is closed too, unless it is
 * a name whose value has not come.
 */
function closed(text: string): string {
  /** What closes the objects and arrays that are open. It changes only where a beginning ends that can be closed. */
  const open: string[] = []
  let end = 0
  let name = false
  let at = 0
  const close = (to: number, quote = '') => `${text.slice(0, to)}${quote}${open.reverse().join('')}`
  while (at < text.length) {
    const char = text[at]!
    switch (char) {
      case '{':
      case '[':
        open.push(char === '{' ? '}' : ']')
        name = char === '{'
        end = ++at
        break
      case '}':
      case ']':
        if (open.pop() !== char) return ''
        end = ++at
        break
      case ',':
        name = open.at(-1) === '}'
        at += 1
        break
      case ':':
        name = false
        at += 1
        break
      case '"': {
        const { to, whole } = endOfString(text, at + 1)
        if (!whole) return name ? close(end) : close(to, '"')
        at = to
        if (!name) end = at
        break
      }
      default: {
        WORD.lastIndex = at
        WORD.test(text)
        at = WORD.lastIndex
        // White space ends nothing; a word at the very end may go on.
        if (at < text.length && char.trim() !== '') end = at
      }
    }
  }
  return close(end)
}

/** White space, or a number or literal. */
const WORD = /\s+|[^\s{}[\],:"]+/y

/** Where a string ends, after its last mark; where it does not end, how far it can be read. */
function endOfString(text: string, from: number): { readonly to: number; readonly whole: boolean } {
  let at = from
  while (at < text.length) {
    const char = text[at]!
    if (char === '"') return { to: at + 1, whole: true }
    const length = char === '\\' ? (text[at + 1] === 'u' ? 6 : 2) : 1
    if (at + length > text.length) break
    at += length
  }
  return { to: at, whole: false }
}

/** Undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
