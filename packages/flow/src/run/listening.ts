import { BraidError, type Chunk, type Outcome } from '@braid/core'
import type { Node } from '../builder/node.ts'
import { Cursor } from './cursor.ts'
import type { Lane } from './lane.ts'
import type { Log } from './log.ts'
import { Reading } from './reading.ts'

/**
 * Who reads whose stream inside of a run (`streamFrom`). A reader's cursor is there from the first chunk of what it reads, also while it
 * waits to start: until then what it listens to may say as much as the bound of a lane allows, and waits.
 */
export class Listening {
  readonly #log: Log
  readonly #before: ((operationId: string) => Promise<readonly Chunk[]>) | undefined
  /** By what is listened to. */
  readonly #listeners = new Map<Node, Node[]>()
  /** By who listens, and to what. */
  readonly #cursors = new Map<Node, Map<Node, Cursor>>()
  /** Those of them that have started. */
  readonly #opened = new Set<Node>()

  /** `before`: what an operation said that completed in an earlier process of this run; absent where there was none. */
  constructor(log: Log, before: ((operationId: string) => Promise<readonly Chunk[]>) | undefined) {
    this.#before = before
    this.#log = log
  }

  add(nodes: readonly Node[]): void {
    for (const node of nodes) {
      for (const { from, type } of node.parents) {
        if (type !== 'stream') continue
        const known = this.#listeners.get(from)
        if (known) known.push(node)
        else this.#listeners.set(from, [node])
      }
    }
  }

  /** One is about to say its first chunk: those that listen to it are to miss nothing. True when anyone does. */
  opens(node: Node, lane: Lane): boolean {
    const listeners = this.#listeners.size === 0 ? undefined : this.#listeners.get(node)
    if (!listeners) return false
    this.#opened.add(node)
    for (const listener of listeners) {
      const cursor = new Cursor(this.#log, {
        reads: (other) => other === lane,
        onLeave: async () => {},
        onEnd: async () => {},
      })
      cursor.idle = true
      const cursors = this.#cursors.get(listener)
      if (cursors) cursors.set(node, cursor)
      else this.#cursors.set(listener, new Map([[node, cursor]]))
    }
    return true
  }

  /** It has started, and can read. */
  begins(listener: Node): void {
    if (this.#cursors.size === 0) return
    for (const cursor of this.#cursors.get(listener)?.values() ?? []) cursor.idle = false
  }

  /** It has ended: what it has not read holds nobody any more. */
  ends(listener: Node): void {
    if (this.#cursors.size === 0) return
    for (const cursor of this.#cursors.get(listener)?.values() ?? []) cursor.retire()
    this.#cursors.delete(listener)
  }

  /**
   * What `parent` says, from its first chunk to its end. Throws `not_a_dependency` for what is not in its `streamFrom`, and `already_read`
   * where there is nothing to read any more.
   */
  read(listener: Node, parent: Node): AsyncIterable<Chunk> {
    const { id } = parent.operation
    if (!listener.parents.some(({ from, type }) => from === parent && type === 'stream')) {
      throw new BraidError(
        'not_a_dependency',
        `operation "${listener.operation.id}" reads the stream of "${id}", which is not in its \`streamFrom\`; name it there`,
        { operationId: listener.operation.id },
      )
    }
    const cursors = this.#cursors.get(listener)
    const cursor = cursors?.get(parent)
    const { outcome } = parent
    if (!cursor && outcome && outcome.status !== 'completed' && !this.#opened.has(parent))
      return nothing(parent, outcome)
    if (!cursor) {
      const over = alreadyRead(listener, parent)
      if (this.#before && outcome && !this.#opened.has(parent)) return toldAgain(this.#before(id), over)
      throw over
    }
    cursors?.delete(parent)
    return new Reading((onOpen) => {
      onOpen(cursor)
      return chunksOf(cursor, parent)
    })
  }
}

/** What was said in an earlier process; an error where that was in an earlier run. */
async function* toldAgain(before: Promise<readonly Chunk[]>, over: BraidError): AsyncGenerator<Chunk, void> {
  const chunks = await before
  if (chunks.length === 0) throw over
  yield* chunks
}

function alreadyRead(listener: Node, parent: Node): BraidError {
  return new BraidError(
    'already_read',
    `the stream of "${parent.operation.id}" is read once, from its first chunk; it has been read, or was over before "${listener.operation.id}" came`,
    { operationId: listener.operation.id },
  )
}

/** The stream of one that never started: no chunks, and the error. */
// biome-ignore lint/correctness/useYield: it is a stream, and has nothing in it.
async function* nothing(parent: Node, outcome: Outcome): AsyncGenerator<Chunk, void> {
  throw cutOff(parent, outcome)
}

/** Its chunks to its end, and an error behind them when it did not complete: whoever reads a stream is to know that it was cut off. */
async function* chunksOf(cursor: Cursor, parent: Node): AsyncGenerator<Chunk, void> {
  try {
    for (;;) {
      const next = await cursor.next()
      if (next.done) return
      const [, chunk] = next.value
      yield chunk
      if (chunk.type !== 'operation-end') continue
      if (chunk.status === 'completed') return
      throw cutOff(parent, chunk)
    }
  } finally {
    cursor.retire()
  }
}

function cutOff({ operation: { id } }: Node, outcome: Outcome): BraidError {
  return new BraidError(
    'not_completed',
    `operation "${id}", whose stream was read, did not complete: ${outcome.status}`,
    outcome.status === 'failed' ? { cause: outcome.error } : {},
  )
}
