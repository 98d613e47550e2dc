import { randomUUID } from 'node:crypto'

/** A new random id (UUID, version 4), for things that outlive the process: messages, branches, runs, sessions. */
export function newId(): string {
  return randomUUID()
}
