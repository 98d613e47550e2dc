import {
  BraidError,
  type BranchRecord,
  type BranchWindow,
  checkKnown,
  type Known,
  type Message,
  type MessageLike,
  newId,
  type Store,
  toMessage,
} from '@braid/core'
import { lastingWindow } from '../windows/check-window.ts'
import { allowList } from './access.ts'
import { withFreeName } from './free-name.ts'

export interface BranchOptions {
  /** Default: `branch`, or a free one of `branch-2`, `branch-3`, …. */
  name?: string
  /** Said to the model before everything else. */
  system?: string
  /** The models and tools that may be used on it, by name. Default: all; a fork's default: as its parent. `[]` allows none. */
  resources?: readonly string[]
  /** The top-level fields that structured answers on it may have. Default: all; a fork's default: as its parent. `[]` allows none. */
  capabilities?: readonly string[]
  /** What of it is sent to a model, where an operation does not say. Default: all; a fork's default: as its parent. It stays as it is. */
  window?: BranchWindow
}

export interface MessagesQuery {
  /** The last so many. */
  last?: number
  /** Those before, or after, this message. */
  before?: Message
  after?: Message
}

/** A named line of conversation: an ordered list of messages, which may share its past with others. */
export interface Branch {
  readonly name: string
  /** The models and tools that may be used on it; undefined where all may. What is forbidden fails with `access_denied` before it begins. */
  readonly resources: readonly string[] | undefined
  /** The top-level fields that structured answers on it may have; undefined where they may have any. */
  readonly capabilities: readonly string[] | undefined
  /** What of it is sent to a model; undefined where it is all. */
  readonly window: BranchWindow | undefined
  /** Its messages in order, the system message first. */
  messages(query?: MessagesQuery): Promise<readonly Message[]>
  /** Puts messages at the end. A message may be on several branches; it is stored once. */
  append(...messages: MessageLike[]): Promise<void>
  /**
   * A new branch with this one's past, up to and including `at` (default: all of it), and with its allow-lists and window unless told otherwise. One
   * row, whatever the length.
   * Without a name it is called after this one. Throws `duplicate_branch` when the name is taken, `unknown_message` when `at` is not here.
   */
  fork(name?: string, options?: Omit<BranchOptions, 'name'> & { at?: Message }): Promise<Branch>
}

const FORK = { system: true, resources: true, capabilities: true, window: true, at: true } satisfies Known<
  NonNullable<Parameters<Branch['fork']>[1]>
>
const { at: _, ...LASTING } = FORK
const OPTIONS = { name: true, ...LASTING } satisfies Known<BranchOptions>
const QUERY = { last: true, before: true, after: true } satisfies Known<MessagesQuery>

/** Throws `invalid_request`. */
export function checkBranchOptions(options: BranchOptions): void {
  checkKnown(options, OPTIONS, { of: 'createBranch' })
  if (options.name !== undefined) checkBranchName(options.name)
}

/** Throws `invalid_request`. */
function checkBranchName(name: unknown): void {
  if (typeof name === 'string' && name.trim() !== '') return
  throw new BraidError(
    'invalid_request',
    `expected the name of a branch, a text that is not empty; got ${typeof name === 'string' ? 'an empty one' : typeof name}`,
  )
}

/** A branch that is in the store. */
export class StoredBranch implements Branch {
  readonly name: string
  readonly record: BranchRecord
  readonly store: Store

  constructor(store: Store, record: BranchRecord) {
    this.store = store
    this.record = record
    this.name = record.name
  }

  get resources(): readonly string[] | undefined {
    return this.record.resources
  }

  get capabilities(): readonly string[] | undefined {
    return this.record.capabilities
  }

  get window(): BranchWindow | undefined {
    return this.record.window
  }

  async messages(query: MessagesQuery = {}): Promise<readonly Message[]> {
    checkKnown(query, QUERY, { of: 'messages' })
    if (query.last !== undefined && !(Number.isInteger(query.last) && query.last >= 0)) {
      throw new BraidError('invalid_request', `expected \`last\` to be how many messages, from 0; got ${query.last}`)
    }
    return this.store.messages(this.record.id, {
      ...(query.last === undefined ? {} : { last: query.last }),
      ...(query.before === undefined ? {} : { before: query.before.id }),
      ...(query.after === undefined ? {} : { after: query.after.id }),
    })
  }

  async append(...messages: MessageLike[]): Promise<void> {
    if (messages.length === 0) return
    await this.store.write([{ type: 'append', branchId: this.record.id, messages: messages.map(toMessage) }])
  }

  async fork(name?: string, options: Omit<BranchOptions, 'name'> & { at?: Message } = {}): Promise<StoredBranch> {
    if (name !== undefined) checkBranchName(name)
    checkKnown(options, FORK, { of: 'fork' })
    const { store, record } = this
    const at = options.at ? await store.position(record.id, options.at.id) : await store.length(record.id)
    if (at === undefined) {
      throw new BraidError(
        'unknown_message',
        `branch "${record.name}" does not have the message to fork at; take one from its own messages()`,
      )
    }
    const shared = {
      ...(record.system === undefined ? {} : { system: record.system }),
      ...(record.resources === undefined ? {} : { resources: record.resources }),
      ...(record.capabilities === undefined ? {} : { capabilities: record.capabilities }),
      ...(record.window === undefined ? {} : { window: record.window }),
      ...told(options),
      parent: { id: record.id, at },
    }
    const create = async (free: string): Promise<StoredBranch> => {
      const fork: BranchRecord = { ...shared, id: newId(), name: free, createdAt: new Date() }
      await store.write([{ type: 'branch', branch: fork }])
      return new StoredBranch(store, fork)
    }
    return name === undefined ? withFreeName(store, `${record.name}-fork`, create) : create(name)
  }
}

/** Throws `invalid_request` for allow-lists and windows that are none. */
export function newBranch(name: string, options: Omit<BranchOptions, 'name'> = {}): BranchRecord {
  return { ...told(options), id: newId(), name, createdAt: new Date() }
}

/** What of a record the options say. */
function told(
  options: Omit<BranchOptions, 'name'>,
): Pick<BranchRecord, 'system' | 'resources' | 'capabilities' | 'window'> {
  const { system, resources, capabilities, window } = options
  return {
    ...(system === undefined ? {} : { system: systemOf(system) }),
    ...(resources === undefined ? {} : { resources: allowList(resources, 'resources') }),
    ...(capabilities === undefined ? {} : { capabilities: allowList(capabilities, 'capabilities') }),
    ...(window === undefined ? {} : { window: lastingWindow(window) }),
  }
}

function systemOf(text: string): Message {
  return toMessage({ role: 'system', content: text })
}
