import { PartialJson } from '@braid/core'
import type { Root } from './schema-words.ts'

/**
 * The JSON that stands in a text, whatever stands around it: fences, words before and after. What opens like JSON and is none, such as a
 * word in brackets, is passed over with everything in it: a part of a damaged answer is not the answer.
 */
export class FoundJson {
  /** Each value that is whole, in order. */
  readonly whole: unknown[] = []
  /** What opened and is none, from its first bracket to its last; and last of all what never closed. */
  readonly damaged: { readonly from: number; readonly to: number | undefined }[] = []
  readonly #starts: RegExp
  #json: PartialJson | undefined
  /** How many brackets are open of what was no JSON, and whether a string is. */
  #skipped = 0
  #quoted = false
  #escaped = false
  /** How many letters came before the text that is read now, and where the value that is read began. */
  #before = 0
  #start = 0

  /** `root`: what the answer has to be, where that is known. */
  constructor(root?: Root) {
    this.#starts = root === 'object' ? /\{/g : root === 'array' ? /\[/g : /[{[]/g
  }

  /** The value that is being read, whole or not; undefined before the first one begins. */
  get json(): PartialJson | undefined {
    return this.#json
  }

  push(text: string): void {
    this.#read(text)
    this.#before += text.length
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#skipped > 0 || this.#json?.state === 'open') this.damaged.push({ from: this.#start, to: undefined })
  }

  #read(text: string): void {
    let at = 0
    while (at < text.length) {
      if (this.#skipped > 0) at = this.#skip(text, at)
      else if (this.#json?.state === 'open') at = this.#value(text, at)
      else {
        this.#starts.lastIndex = at
        const start = this.#starts.exec(text)
        if (!start) return
        at = start.index
        this.#start = this.#before + at
        this.#json = new PartialJson()
      }
    }
  }

  #value(text: string, from: number): number {
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
    if (this.#skipped === 0) this.damaged.push({ from: this.#start, to: this.#before + at })
    return at
  }
}
