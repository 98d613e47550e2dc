import { PartialJson } from '@braid/core'
import type { Root } from './schema-words.ts'

/**
 * The JSON that stands in a text, whatever stands around it: fences, words before and after. What opens like JSON and is none, such as a
 * word in brackets, is passed over with everything in it: a part of a damaged answer is not the answer.
 */
export class FoundJson {
  /** Each value that is whole, in order. */
  readonly whole: unknown[] = []
  readonly #starts: RegExp
  #json: PartialJson | undefined
  /** How many brackets are open of what was no JSON, and whether a string is. */
  #skipped = 0
  #quoted = false
  #escaped = false

  /** `root`: what the answer has to be, where that is known. */
  constructor(root?: Root) {
    this.#starts = root === 'object' ? /\{/g : root === 'array' ? /\[/g : /[{[]/g
  }

  /** The value that is being read, whole or not; undefined before the first one begins. */
  get json(): PartialJson | undefined {
    return this.#json
  }

  push(text: string): void {
    let at = 0
    while (at < text.length) {
      if (this.#skipped > 0) at = this.#skip(text, at)
      else if (this.#json?.state === 'open') at = this.#read(text, at)
      else {
        this.#starts.lastIndex = at
        const start = this.#starts.exec(text)
        if (!start) return
        at = start.index
        this.#json = new PartialJson()
      }
    }
  }

  #read(text: string, from: number): number {
    const json = this.#json as PartialJson
    const at = json.push(text, from)
    if (json.state === 'whole') this.whole.push(json.value)
    if (json.state === 'broken') {
      this.#skipped = json.depth
      this.#json = undefined
      this.#quoted = json.quoted
    }
    return at
  }

  /** To where the outermost bracket closes. A string hides the brackets that are in it. */
  #skip(text: string, from: number): number {
    let at = from
    while (at < text.length && this.#skipped > 0) {
      const mark = text[at]
      if (this.#escaped) this.#escaped = false
      else if (this.#quoted && mark === '\\') this.#escaped = true
      else if (mark === '"') this.#quoted = !this.#quoted
      else if (!this.#quoted && (mark === '{' || mark === '[')) this.#skipped += 1
      else if (!this.#quoted && (mark === '}' || mark === ']')) this.#skipped -= 1
      at += 1
    }
    return at
  }
}
