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
import { type Branch, type BranchOptions, type MessagesQuery, StoredBranch } from './branch.ts'

/**
 * A branch as one attempt of one operation sees it: what is appended waits here, and is committed with the operation's end. When the
 * attempt is over, nothing can be appended and no fork made any more.
 */
export class StagedBranch implements Branch {
  readonly name: string
  readonly #stored: StoredBranch
  /** Whether the branch itself is made with the first message. */
  readonly #fresh: boolean
  readonly #staged: Message[] = []
  /** How long the branch was when it was read: another writer since then makes the commit fail with `branch_moved`. */
  #length: number | undefined
  #sealed = false

  constructor(stored: StoredBranch, fresh: boolean) {
    this.#stored = stored
    this.#fresh = fresh
    this.name = stored.name
    if (fresh) this.#length = 0
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
    if (this.#fresh) return select(this.#staged, query)
    if (this.#staged.length === 0 && Object.keys(query).length > 0) {
      // Counted first: whoever writes in between makes the commit fail.
      this.#length ??= await this.#stored.store.length(this.#stored.record.id)
      return this.#stored.messages(query)
    }
    const whole = await this.#stored.messages()
    this.#length ??= whole.length - (this.#stored.record.system ? 1 : 0)
    return select([...whole, ...this.#staged], query)
  }

  async append(...messages: MessageLike[]): Promise<void> {
    this.#mustBeOpen()
    this.#staged.push(...messages.map(toMessage))
  }

  /** Forks what is in the store: what this attempt has appended is not there yet. */
  async fork(name?: string, options?: Omit<BranchOptions, 'name'> & { at?: Message }): Promise<Branch> {
    this.#mustBeOpen()
    return this.#stored.fork(name, options)
  }

  /** What is to be committed; from now on nothing can be written. */
  seal(): readonly Change[] {
    this.#sealed = true
    if (this.#staged.length === 0) return []
    const { record } = this.#stored
    const append: Change = {
      type: 'append',
      branchId: record.id,
      messages: this.#staged,
      ...(this.#length === undefined ? {} : { length: this.#length }),
    }
    return this.#fresh ? [{ type: 'branch', branch: record }, append] : [append]
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
