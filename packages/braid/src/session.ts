import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { BraidError, checkKnown, type Known, type Model, type Store } from '@braid/core'
import {
  type Backing,
  importLines,
  MemoryStore,
  Session as FlowSession,
  type SessionOptions as FlowSessionOptions,
  type ModelResolver,
} from '@braid/flow'
import { iModel, type ModelId } from '@braid/models'
import { openStore, type StoreOptions } from '@braid/sqlite'

export interface SessionOptions extends FlowSessionOptions {
  /** The default model: an iModel, or `provider/model`. */
  imodel?: Model | ModelId
}

/** Everything that `Session.open` takes. */
export interface OpenOptions extends SessionOptions, StoreOptions {}

const OPTIONS = {
  imodel: true,
  redact: true,
  audit: true,
  readOnly: true,
  rescue: true,
  lockTimeout: true,
  nativeBinding: true,
  maxFileBytes: true,
  synchronous: true,
  search: true,
} satisfies Known<OpenOptions>

const IN_MEMORY = { imodel: true, redact: true, audit: true } satisfies Known<SessionOptions>

/** A name that nobody registered is `provider/model`. What has no slash names no provider, and is left to the error that lists what is registered. */
const resolve: ModelResolver = (reference) => (reference.includes('/') ? new iModel(reference as ModelId) : undefined)

/**
 * Owns branches, models by name, operation kinds and the store: in memory, or on a file with {@link Session.open}.
 *
 * @example
 * await using session = await Session.open('work.db', { imodel: 'openai/gpt-4o-mini' })
 * console.log(await session.conduct('communicate', 'chat', { instruction: 'What is SSE?' }))
 */
export class Session extends FlowSession {
  /** In memory: what it says is gone with the process. */
  constructor(options: SessionOptions = {}, backing: Omit<Backing, 'models'> = {}) {
    super(options, { ...backing, models: resolve })
  }

  /**
   * On a SQLite file, made when missing; its folder has to exist. Throws `not_a_database`, `newer_database`, `database_read_only`,
   * `database_locked`, `database_corrupt`, `folder_missing` or `native_binary`, each saying what to do.
   */
  static async open(path: string, given: OpenOptions = {}): Promise<Session> {
    if (typeof path !== 'string') {
      throw new BraidError('invalid_request', `expected the path of a file to open; got ${typeof path}`)
    }
    checkKnown(given, OPTIONS, { of: 'Session.open' })
    const { readOnly, rescue, lockTimeout, nativeBinding, maxFileBytes, synchronous, search, ...options } = given
    const store = await openStore(path, given)
    return over(store, options)
  }

  /**
   * The session that `session.export` gave these lines of, in a new file; without a path in memory, which keeps its branches and messages and no runs. The
   * file is there when all of it is in it. Throws `file_exists`, and `invalid_export`, naming the line, for what is damaged or breaks off.
   *
   * @example
   * await using session = await Session.import(lines(createReadStream('work.jsonl', 'utf8')), 'copy.db')
   */
  static async import(
    lines: AsyncIterable<string> | Iterable<string>,
    path?: string,
    options: OpenOptions = {},
  ): Promise<Session> {
    const begun = begin(lines)
    if (path === undefined) {
      checkKnown(options, IN_MEMORY, { of: 'Session.import' })
      const store = new MemoryStore()
      await importLines(store, begun, options.redact)
      return over(store, options)
    }
    checkKnown(options, OPTIONS, { of: 'Session.import' })
    if (existsSync(path)) {
      throw new BraidError('file_exists', `expected a path where there is no file yet to import to; there is ${path}`)
    }
    const unfinished = `${path}.importing`
    await forget(unfinished)
    try {
      const store = await openStore(unfinished, { ...options, readOnly: false })
      try {
        await importLines(store, begun, options.redact)
      } finally {
        await store.close()
      }
      await rename(unfinished, path)
    } catch (error) {
      await forget(unfinished)
      throw error
    }
    return Session.open(path, options)
  }
}

async function over(store: Store, options: SessionOptions): Promise<Session> {
  try {
    return new Session(options, { store, record: await store.session() })
  } catch (error) {
    await store.close()
    throw error
  }
}

/** What node:readline says before its iterator was asked for is lost: it is asked for now, and read later. */
function begin(lines: AsyncIterable<string> | Iterable<string>): AsyncIterable<string> | Iterable<string> {
  if (!(Symbol.asyncIterator in lines)) return lines
  const iterator = lines[Symbol.asyncIterator]()
  return { [Symbol.asyncIterator]: () => iterator }
}

/** A database, and what SQLite keeps beside it. */
async function forget(path: string): Promise<void> {
  await Promise.all(['', '-wal', '-shm'].map((end) => rm(`${path}${end}`, { force: true })))
}
