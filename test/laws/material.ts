import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Chunk, Outcome } from '@braid/core'
import { type Backing, Builder, type FlowChunk, type FlowOptions, flowStream, Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { openStore } from '@braid/sqlite'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import Database from 'better-sqlite3'
import { expect, onTestFinished } from 'vitest'
import { ClientSockets } from './client-sockets.ts'

/** The paths that a law is tested with: one operation, and many. */
export const SIZES = [1, 50] as const

/** A provider server, a session on a SQLite file with a model of that server, and the sockets that go there. */
export interface Ground {
  readonly server: ProviderServer
  readonly session: Session
  readonly sockets: ClientSockets
  readonly path: string
  builder(): Builder
}

export async function ground(): Promise<Ground> {
  const server = await startProviderServer()
  const { session, path } = await openSession()
  session.services.register(new iModel('openai/model', { name: 'model', baseUrl: server.url, apiKey: 'key' }))
  const sockets = new ClientSockets()
  onTestFinished(async () => {
    await session.close()
    await server.close()
    sockets[Symbol.dispose]()
  })
  return { server, session, sockets, path, builder: () => new Builder({ session }) }
}

/** A session on a new SQLite file, which is gone when the test is over. */
export async function openSession(
  backing: Backing = {},
): Promise<{ readonly session: Session; readonly path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-laws-'))
  const path = join(folder, 'history.db')
  const store = await openStore(path)
  const record = await store.session()
  const session = new Session({}, { ...backing, store, record })
  onTestFinished(async () => {
    await session.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { session, path }
}

/** So many operations that ask the model, each on a branch of its own name. */
export function askers(builder: Builder, count: number): void {
  for (let index = 0; index < count; index += 1) {
    builder.communicate({ name: `ask-${index}`, instruction: `question ${index}`, branch: `branch-${index}` })
  }
}

export interface Read {
  readonly tuples: FlowChunk[]
  readonly error: unknown
}

export async function read(
  stream: AsyncIterable<FlowChunk>,
  onTuple: (tuple: FlowChunk) => unknown = () => {},
): Promise<Read> {
  const tuples: FlowChunk[] = []
  try {
    for await (const tuple of stream) {
      tuples.push(tuple)
      await onTuple(tuple)
    }
    return { tuples, error: undefined }
  } catch (error) {
    return { tuples, error }
  }
}

/** Chunks by operation, in the order they came. */
export function byOperation(tuples: readonly FlowChunk[]): Map<string, Chunk[]> {
  const chunks = new Map<string, Chunk[]>()
  for (const [id, chunk] of tuples) {
    const own = chunks.get(id)
    if (own) own.push(chunk)
    else chunks.set(id, [chunk])
  }
  return chunks
}

export function textOf(chunks: readonly Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.data : '')).join('')
}

/** How the operations of the last run are recorded, as another connection to the file sees it. */
export interface RecordedOperation {
  readonly id: string
  readonly status: Outcome['status']
  readonly because: string | null
  readonly attempts: number
  readonly partial: string | null
}

/** Reads what is in the file now, from outside. */
export class Outside {
  readonly #db: Database.Database

  constructor(path: string) {
    this.#db = new Database(path, { readonly: true })
    onTestFinished(() => {
      this.#db.close()
    })
  }

  operations(): RecordedOperation[] {
    return this.#db
      .prepare(
        'SELECT o.id, o.status, o.because, o.attempts, m.content AS partial FROM operations o LEFT JOIN messages m ON m.key = o.partial WHERE o.run = (SELECT max(key) FROM runs) ORDER BY o.key',
      )
      .all() as RecordedOperation[]
  }

  /** Of the last run, as the view `outcomes` has them. */
  inputTokens(): number {
    return this.#db
      .prepare('SELECT sum(input_tokens) FROM outcomes WHERE run = (SELECT id FROM runs ORDER BY key DESC LIMIT 1)')
      .pluck()
      .get() as number
  }

  runErrors(): (string | null)[] {
    return this.#db.prepare('SELECT error FROM runs ORDER BY key').pluck().all() as (string | null)[]
  }

  runs(): string[] {
    return this.#db.prepare('SELECT status FROM runs ORDER BY key').pluck().all() as string[]
  }

  /** `role status text` of the messages of a branch. */
  conversation(branch: string): string[] {
    return this.#db
      .prepare("SELECT role || ' ' || status || ' ' || text FROM conversation WHERE branch = ? ORDER BY position")
      .pluck()
      .all(branch) as string[]
  }
}

/** The ways in which a run is left before its end. Each resolves when control is back with whoever read it. */
export const WAYS_OF_LEAVING = {
  break: async (builder, enough, options = {}) => {
    for await (const tuple of flowStream(builder, options)) if (enough(tuple)) break
  },
  'a throw in the loop': async (builder, enough, options = {}) => {
    const reason = new Error('thrown in the loop')
    const loop = (async () => {
      for await (const tuple of flowStream(builder, options)) if (enough(tuple)) throw reason
    })()
    await expect(loop).rejects.toBe(reason)
  },
  'return()': async (builder, enough, options = {}) => {
    const iterator = flowStream(builder, options)[Symbol.asyncIterator]()
    for (let next = await iterator.next(); !next.done && !enough(next.value); ) next = await iterator.next()
    // Also with reads pending, as a composed iterator has them.
    const pending = [iterator.next(), iterator.next()]
    await iterator.return?.()
    await Promise.all(pending)
  },
  'an AbortSignal': async (builder, enough, options = {}) => {
    const controller = new AbortController()
    const reason = new Error('aborted')
    const { error } = await read(flowStream(builder, { ...options, signal: controller.signal }), (tuple) => {
      if (enough(tuple)) controller.abort(reason)
    })
    expect(error).toBe(reason)
  },
  'a failure under abort': async (builder, enough, options = {}) => {
    let fail!: () => void
    const failing = new Promise<void>((resolve) => {
      fail = resolve
    })
    builder.task({
      name: 'fails',
      run: async () => {
        await failing
        throw new Error('failed')
      },
    })
    const { error } = await read(flowStream(builder, { ...options, onError: 'abort' }), (tuple) => {
      if (enough(tuple)) fail()
    })
    expect(error).toMatchObject({ code: 'run_failed', errors: [{ operationId: 'fails' }] })
  },
  'cancel()': async (builder, enough, options = {}) => {
    const stream = flowStream(builder, options)
    const left = read(stream, (tuple) => {
      if (enough(tuple)) cancelled ??= stream.cancel()
    })
    let cancelled: Promise<void> | undefined
    expect((await left).error).toMatchObject({ code: 'cancelled' })
    await cancelled
  },
  'closing the session': async (builder, enough, options = {}) => {
    let closed: Promise<void> | undefined
    const { error } = await read(flowStream(builder, options), (tuple) => {
      if (enough(tuple)) closed ??= builder.session.close()
    })
    expect(error).toMatchObject({ code: 'session_closed' })
    await closed
  },
} satisfies Record<
  string,
  (builder: Builder, enough: (tuple: FlowChunk) => boolean, options?: FlowOptions) => Promise<void>
>

export type Leaving = keyof typeof WAYS_OF_LEAVING
export const LEAVINGS = Object.keys(WAYS_OF_LEAVING) as Leaving[]
