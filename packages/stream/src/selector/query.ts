import { BraidError } from '@braid/core'
import { type JSONValue, jsonpath } from 'json-p3'
import { definite } from './getter.ts'

/** Everything in a value that a selector finds, in order. */
export type Query = (value: unknown) => readonly unknown[]

/** Names and positions only: RFC 9535's singular queries without anything that needs unescaping or counting from the end. */
const DEFINITE = /^\$(?:\.[A-Za-z_]\w*|\[(?:0|[1-9]\d{0,14})\]|\['[^'\\\p{Cc}]*'\])*$/u
const STEP = /\.(\w+)|\[(\d+)\]|\['([^']*)'\]/g

/**
 * Compiles a JSONPath of RFC 9535. Definite paths become closures of our own; everything else is json-p3's, which passes the standard's
 * compliance suite. Throws `invalid_manifest` for what is no JSONPath.
 *
 * @example
 * compileQuery("$.content[?@.type == 'text'].text")({ content: [{ type: 'text', text: 'Hi' }] }) // ['Hi']
 */
export function compileQuery(selector: string): Query {
  if (DEFINITE.test(selector)) {
    const get = definite(
      Array.from(selector.matchAll(STEP), ([, name, position, quoted]) =>
        position === undefined ? (name ?? quoted ?? '') : Number(position),
      ),
    )
    return (value) => {
      const found = get(value)
      return found === undefined ? [] : [found]
    }
  }
  try {
    const query = jsonpath.compile(selector)
    return (value) => query.query(value as JSONValue).values()
  } catch (cause) {
    throw new BraidError('invalid_manifest', `Expected a JSONPath (RFC 9535), found "${selector}".`, { cause })
  }
}
