import {
  BraidError,
  type BranchRecord,
  type BranchWindow,
  type Change,
  type Message,
  type MessageLike,
  type Store,
  toMessage,
} from '@braid/core'
import { type Ancestor, type Branch, checkQuery, type ForkOptions, type MessagesQuery, systemOf } from './branch.ts'
import { StoredBranch } from './stored-branch.ts'

/**
 * A branch as one attempt of one operation sees it: what is appended waits here, and is committed with the operation's end. When the
 * attempt is over, nothing can be appended and no fork made any more.
 */
export class StagedBranch implements Branch {
  readonly #stored: StoredBranch
  /** Whether the branch itself is made with the first message. */
  readonly #fresh: boolean
  readonly #staged: Message[] = []
  /** What else is to become of it. */
  #system: { readonly message: Message | undefined } | undefined
  #archived: boolean | undefined
  /** How long the branch was when it was read: another writer since then makes the commit fail with `branch_moved`. */
  #length: number | undefined
  #sealed = false

  constructor(stored: StoredBranch, fresh: boolean) {
    this.#stored = stored
    this.#fresh = fresh
    if (fresh) this.#length = 0
  }

  get name(): string {
    return this.#stored.name
  }

  get archived(): boolean {
    return this.#archived ?? this.#stored.archived
  }

  get resources(): readonly string[] | undefined {
    return this.#stored.resources
  }

  get capabilities(): readonly string[] | undefined {
    return this.#stored.capabilities
  }

  get window(): BranchWindow | undefined {
    return this.#stored.window
  }

  static fresh(store: Store, record: BranchRecord): StagedBranch {
    return new StagedBranch(new StoredBranch(store, record), true)
  }

  async messages(query: MessagesQuery = {}): Promise<readonly Message[]> {
    checkQuery(query)
    if (this.#fresh) return select([...this.#systemNow([]), ...this.#staged], query)
    // Counted first: whoever writes in between makes the commit fail.
    this.#length ??= await this.#stored.store.length(this.#stored.record.id)
    if (this.#staged.length === 0 && !this.#system) return this.#stored.messages(query)
    const whole = await this.#stored.messages()
    // The system message has no position, and counts for nothing.
    const before =
      this.#system && whole[0] ? await this.#stored.store.position(this.#stored.record.id, whole[0].id) : undefined
    const [system, said] = before === 0 ? [whole.slice(0, 1), whole.slice(1)] : [[], whole]
    return select([...this.#systemNow(system), ...said, ...this.#staged], query)
  }

  async append(...messages: MessageLike[]): Promise<void> {
    this.#mustBeOpen()
    this.#staged.push(...messages.map(toMessage))
  }

  /** What waits to be committed. */
  get staged(): readonly Message[] {
    return this.#staged
  }

  /** What an attempt in another process had appended, and could not commit. */
  restore(messages: readonly Message[]): void {
    this.#staged.unshift(...messages)
  }

  /** Forks what is in the store: what this attempt has appended is not there yet. */
  async fork(name?: string, options?: ForkOptions): Promise<Branch> {
    this.#mustBeOpen()
    return this.#stored.fork(name, options)
  }

  lineage(): Promise<readonly Ancestor[]> {
    return this.#stored.lineage()
  }

  async setSystem(text: string | undefined): Promise<void> {
    this.#mustBeOpen()
    this.#system = { message: text === undefined ? undefined : systemOf(text) }
  }

  async archive(): Promise<void> {
    this.#mustBeOpen()
    this.#archived = true
  }

  async unarchive(): Promise<void> {
    this.#mustBeOpen()
    this.#archived = false
  }

  /** Whoever waits for the branch knows it by its name. */
  async rename(): Promise<void> {
    throw this.#inUse('renamed')
  }

  async delete(): Promise<void> {
    throw this.#inUse('deleted')
  }

  /** What is to be committed; from now on nothing can be written. */
  seal(): readonly Change[] {
    this.#sealed = true
    const { record } = this.#stored
    const changes: Change[] = []
    if (this.#staged.length > 0) {
      const length = this.#length === undefined ? {} : { length: this.#length }
      if (this.#fresh) changes.push({ type: 'branch', branch: record })
      changes.push({ type: 'append', branchId: record.id, messages: this.#staged, ...length })
    }
    // A branch that nothing was said on is not made.
    if (this.#fresh && this.#staged.length === 0) return []
    if (this.#system) {
      const { message } = this.#system
      changes.push({ type: 'branch-system', branchId: record.id, ...(message ? { system: message } : {}) })
    }
    if (this.#archived !== undefined) {
      changes.push({ type: 'branch-archived', branchId: record.id, archived: this.#archived })
    }
    return changes
  }

  #systemNow(before: readonly Message[]): readonly Message[] {
    if (!this.#system) return before
    return this.#system.message ? [this.#system.message] : []
  }

  #inUse(done: string): BraidError {
    return new BraidError(
      'invalid_request',
      `branch "${this.name}" cannot be ${done} by an operation that writes it; do it when the operation has ended`,
    )
  }

  #mustBeOpen(): void {
    if (!this.#sealed) return
    throw new BraidError(
      'attempt_superseded',
      `the attempt that wants to write branch "${this.name}" is over: it ended, was cancelled, or ignored its signal for too long`,
    )
  }
}

function select(messages: readonly Message[], { last, before, after }: MessagesQuery): readonly Message[] {
  const place = (message: Message): number => {
    const found = messages.findLastIndex((each) => each.id === message.id)
    if (found < 0) throw new BraidError('unknown_message', 'the message to read from is not on this branch')
    return found
  }
  const start = after ? place(after) + 1 : 0
  const range = messages.slice(start, before ? place(before) : undefined)
  return last === undefined ? range : range.slice(Math.max(0, range.length - last))
}
