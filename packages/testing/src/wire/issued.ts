import { createHash } from 'node:crypto'
import type { Spoken } from './wire.ts'

/**
 * What this server signed and encrypted, as real ones do: a client brings it back as it came, or is refused. A server that has replayed recordings does not know
 * all that it gave, and takes anything.
 */
export class Issued {
  readonly #signatures = new Map<string, Set<string>>()
  #all = true

  /** Bytes were sent that it did not make. */
  replayed(): void {
    this.#all = false
  }

  add({ candidates }: Spoken): void {
    for (const { reasoning, signature, redacted } of candidates) {
      this.#add(signature, reasoning)
      if (redacted !== '') this.#add(redacted, '')
    }
  }

  /** Whether this was given, with whatever words. */
  has(signature: string): boolean {
    return !this.#all || this.#signatures.has(signature)
  }

  /** Whether it was given with these words. */
  holds(signature: string, text: string): boolean {
    return !this.#all || (this.#signatures.get(signature)?.has(text) ?? false)
  }

  #add(signature: string, text: string): void {
    const texts = this.#signatures.get(signature) ?? new Set()
    this.#signatures.set(signature, texts.add(text))
  }
}

/** The proof of these words, where a script gives none. Base64, as the real ones are; the same words have the same. */
export function signatureOf(reasoning: string): string {
  return createHash('sha512').update(reasoning).digest('base64')
}
