import { BraidError, checkKnown, type Known, type Model } from '@braid/core'
import {
  type Backing,
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
  lockTimeout: true,
  nativeBinding: true,
} satisfies Known<OpenOptions>

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
    const { readOnly, lockTimeout, nativeBinding, ...options } = given
    const store = await openStore(path, {
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(lockTimeout === undefined ? {} : { lockTimeout }),
      ...(nativeBinding === undefined ? {} : { nativeBinding }),
    })
    try {
      return new Session(options, { store, record: await store.session() })
    } catch (error) {
      await store.close()
      throw error
    }
  }
}
