import {
  BraidError,
  type BranchRecord,
  type BranchWindow,
  type Change,
  type Message,
  type MessageLike,
  newId,
  type Store,
  toMessage,
} from '@braid/core'
import {
  type Ancestor,
  type Branch,
  checkBranchName,
  checkForkOptions,
  checkQuery,
  type ForkOptions,
  type MessagesQuery,
  systemOf,
  told,
} from './branch.ts'
import { withFreeName } from './free-name.ts'
import { lineageOf } from './lineage.ts'

/**
 * A branch that is in the store. What its record says can be old, since anyone may rename the branch or change its system message: its id alone
 * lasts, and what depends on more asks again.
 */
export class StoredBranch implements Branch {
  /** As it was last heard of. */
  record: BranchRecord
  readonly store: Store

  constructor(store: Store, record: BranchRecord) {
    this.store = store
    this.record = record
  }

  get name(): string {
    return this.record.name
  }

  get archived(): boolean {
    return this.record.archived === true
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
    checkQuery(query)
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

  async fork(name?: string, options: ForkOptions = {}): Promise<StoredBranch> {
    checkForkOptions(name, options)
    const { at: last, before, ...own } = options
    const { store } = this
    const record = await this.#now()
    const at = await this.#sharedBy(last, before)
    const shared = {
      ...(record.system === undefined ? {} : { system: record.system }),
      ...(record.resources === undefined ? {} : { resources: record.resources }),
      ...(record.capabilities === undefined ? {} : { capabilities: record.capabilities }),
      ...(record.window === undefined ? {} : { window: record.window }),
      ...told(own),
      parent: { id: record.id, at },
    }
    const create = async (free: string): Promise<StoredBranch> => {
      const fork: BranchRecord = { ...shared, id: newId(), name: free, createdAt: new Date() }
      await store.write([{ type: 'branch', branch: fork }])
      return new StoredBranch(store, fork)
    }
    return name === undefined ? withFreeName(store, `${record.name}-fork`, create) : create(name)
  }

  async lineage(): Promise<readonly Ancestor[]> {
    return lineageOf(this.store, this.record)
  }

  async setSystem(text: string | undefined): Promise<void> {
    const { system: _, ...record } = this.record
    const system = text === undefined ? {} : { system: systemOf(text) }
    await this.#change({ type: 'branch-system', branchId: record.id, ...system }, { ...record, ...system })
  }

  async rename(name: string): Promise<void> {
    checkBranchName(name)
    await this.#change({ type: 'branch-name', branchId: this.record.id, name }, { ...this.record, name })
  }

  async archive(): Promise<void> {
    await this.#change(
      { type: 'branch-archived', branchId: this.record.id, archived: true },
      { ...this.record, archived: true },
    )
  }

  async unarchive(): Promise<void> {
    const { archived: _, ...record } = this.record
    await this.#change({ type: 'branch-archived', branchId: record.id, archived: false }, record)
  }

  async delete(): Promise<void> {
    await this.store.write([{ type: 'branch-deleted', branchId: this.record.id }])
  }

  async #change(change: Change, record: BranchRecord): Promise<void> {
    await this.store.write([change])
    this.record = record
  }

  /** How many messages a fork shares. */
  async #sharedBy(last: Message | undefined, before: Message | undefined): Promise<number> {
    const { id, name } = this.record
    const message = last ?? before
    if (message === undefined) return this.store.length(id)
    const position = await this.store.position(id, message.id)
    if (position === undefined) {
      throw new BraidError(
        'unknown_message',
        `branch "${name}" does not have the message to fork at; take one from its own messages()`,
      )
    }
    return before === undefined ? position : Math.max(0, position - 1)
  }

  /** Its record as the store has it now. */
  async #now(): Promise<BranchRecord> {
    const { id, name } = this.record
    const named = await this.store.branch(name)
    const found = named?.id === id ? named : (await this.store.branches()).find((each) => each.id === id)
    if (found === undefined) {
      throw new BraidError('unknown_branch', `branch "${name}" was deleted; fork another one`)
    }
    this.record = found
    return found
  }
}
