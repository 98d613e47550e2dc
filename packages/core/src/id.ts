import { randomUUID } from 'node:crypto'

/** A new random id (UUID, version 4), for things that outlive the process: branches, runs, sessions. Its first letters tell it from others. */
export function newId(): string {
  return randomUUID()
}

/**
 * A new id that begins with the time (UUID, version 7, RFC 9562), for what there is most of, messages: those that are made together lie together in an index, and
 * of random ones each changes another page of it.
 */
export function newOrderedId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  // From after its version on, a random one has what this one needs.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
