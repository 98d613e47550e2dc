import { BraidError, type ErrorCode } from './error.ts'
import { type Content, Message } from './message.ts'

/**
 * Any value as JSON text, and back.
 *
 * What JSON has no words for is an object with one `$` key: `$bytes` (base64), `$date` (ISO), `$bigint`, `$number` (NaN and the infinities),
 * `$error`, `$message`, `$blob` (bytes that are kept elsewhere, by the name that they have there). An object that only looks like one of these is wrapped in `$plain`, so that everything reads back as it was written.
 */
export interface Encoded {
  readonly text: string
  /** Whether decoding gives an equal value. Functions, symbols, cycles and instances of classes are lost. */
  readonly lossless: boolean
}

const TAGS: ReadonlySet<string> = new Set([
  '$bytes',
  '$date',
  '$bigint',
  '$number',
  '$error',
  '$message',
  '$blob',
  '$plain',
])

type Keep = (bytes: Uint8Array) => string | undefined
type Kept = (name: string) => Uint8Array

/** Far below where JSON.stringify itself would overflow the stack. */
const MAX_DEPTH = 500

/** `keep` may keep bytes apart from the text, and then says by which name; the text has that name in their place. */
export function encode(value: unknown, keep?: Keep): Encoded {
  const encoder = new Encoder(keep)
  const plain = encoder.plain(value)
  return { text: JSON.stringify(plain) ?? 'null', lossless: encoder.lossless && plain !== undefined }
}

/** `kept` gives the bytes that {@link encode} kept apart. */
export function decode(text: string, kept?: Kept): unknown {
  const value: unknown = JSON.parse(text)
  return text.includes('{"$') ? revive(value, kept) : value
}

/** What of an error is kept: enough to act on it in another process. Its stack, its cause and the errors inside it are not. */
export function errorFields(error: Error): Record<string, unknown> {
  if (!(error instanceof BraidError)) return { name: error.name, message: error.message }
  const { code, message, retryable, status, attempts, retryAfterMs, operationId, issues } = error
  return { code, message, retryable, status, attempts, retryAfterMs, operationId, issues }
}

class Encoder {
  lossless = true
  /** The objects that the walk is inside of: meeting one again is a cycle. */
  readonly #open = new Set<object>()
  readonly #keep: Keep | undefined

  constructor(keep: Keep | undefined) {
    this.#keep = keep
  }

  plain(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) ? value : { $number: String(value) }
      case 'bigint':
        return { $bigint: String(value) }
      case 'object':
        return value === null ? null : this.#object(value)
      case 'function':
      case 'symbol':
        return this.#lost()
      default:
        return undefined
    }
  }

  #object(value: object): unknown {
    if (value instanceof Uint8Array) {
      const name = this.#keep?.(value)
      return name !== undefined
        ? { $blob: name }
        : { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
    }
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? this.#lost() : { $date: value.toISOString() }
    if (this.#open.has(value) || this.#open.size >= MAX_DEPTH) return this.#lost()
    this.#open.add(value)
    try {
      if (Array.isArray(value)) return value.map((item: unknown) => this.#item(item))
      if (value instanceof Error) return { $error: this.#fields(errorFields(value)) }
      if (value instanceof Message) return { $message: this.#fields(value) }
      return this.#record(value)
    } finally {
      this.#open.delete(value)
    }
  }

  #record(value: object): unknown {
    if ('toJSON' in value && typeof value.toJSON === 'function') {
      this.lossless = false
      return this.plain(value.toJSON())
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) this.lossless = false
    const fields = this.#fields(value)
    return isTagged(value) ? { $plain: fields } : fields
  }

  #fields(value: object): Record<string, unknown> {
    // Without a prototype, so that a key named `__proto__` is a key like any other.
    const fields: Record<string, unknown> = Object.create(null)
    for (const [key, item] of Object.entries(value)) {
      const plain = this.plain(item)
      if (plain !== undefined) fields[key] = plain
    }
    return fields
  }

  #item(value: unknown): unknown {
    const plain = this.plain(value)
    if (plain !== undefined) return plain
    this.lossless = false
    return null
  }

  #lost(): undefined {
    this.lossless = false
    return undefined
  }
}

function isTagged(value: object): boolean {
  const keys = Object.keys(value)
  return keys.length === 1 && TAGS.has(keys[0] ?? '')
}

/** Changes the parsed value in place, where JSON.parse has made `__proto__` an ordinary key. */
function revive(value: unknown, kept: Kept | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isTagged(value)) return untag(value, kept)
  reviveFields(value, kept)
  return value
}

function reviveFields(value: object, kept: Kept | undefined): void {
  const fields = value as Record<string, unknown>
  for (const key of Object.keys(fields)) fields[key] = revive(fields[key], kept)
}

function untag(value: object, kept: Kept | undefined): unknown {
  const [tag, inner] = Object.entries(value)[0] as [string, unknown]
  switch (tag) {
    case '$bytes':
      return new Uint8Array(Buffer.from(String(inner), 'base64'))
    case '$date':
      return new Date(String(inner))
    case '$bigint':
      return BigInt(String(inner))
    case '$number':
      return Number(inner)
    case '$error':
      return reviveError(inner as Record<string, unknown>)
    case '$message':
      return reviveMessage(inner as Record<string, unknown>, kept)
    case '$blob':
      return kept && typeof inner === 'string' ? kept(inner) : value
    default:
      reviveFields(inner as object, kept)
      return inner
  }
}

/** The error that {@link errorFields} described. */
export function reviveError(fields: Record<string, unknown>): Error {
  const message = String(fields['message'])
  if (fields['code'] === undefined) {
    const error = new Error(message)
    // Not enumerable, as it is on every error.
    if (fields['name'] !== error.name) Object.defineProperty(error, 'name', { value: String(fields['name']) })
    return error
  }
  const { code, message: _, ...options } = fields
  return new BraidError(code as ErrorCode, message, options)
}

function reviveMessage(fields: Record<string, unknown>, kept: Kept | undefined): Message {
  reviveFields(fields, kept)
  return new Message(fields as { readonly content: Content })
}
