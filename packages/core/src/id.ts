import { randomUUID } from 'node:crypto'

/**
 * A new id (UUID, version 7, RFC 9562), for things that outlive the process: messages, branches, runs, sessions. It begins with the time, so that what is
 * made together lies together in an index: of random ones, each of ten new rows changes another page of it.
 */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  // From after its version on, a random one has what this one needs.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
