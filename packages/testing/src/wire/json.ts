export type JsonObject = Readonly<Record<string, unknown>>

/** The value as an object, or an empty one where it is none: a server reads whatever a client sends. */
export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(object) : []
}

export function string(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
