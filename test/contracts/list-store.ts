import {
  BraidError,
  type BranchRecord,
  type Change,
  type Found,
  type Message,
  type MessageQuery,
  type RunReads,
  type SessionRecord,
  type Store,
} from '@braid/core'
import { changed, emptyState, type Listed, type ListedRun, type ListState } from './list-state.ts'

/** What ListStores can be opened on, one after the other. */
export class Shelf {
  state: ListState = emptyState()
}

/**
 * The plainest Store there can be, to see that the contract is one: a write makes a new state out of the old one, which takes its place
 * when all of the write has gone well.
 */
export class ListStore implements Store {
  readonly version = 1
  readonly runs: RunReads
  readonly #shelf: Shelf
  #closed = false

  constructor(shelf: Shelf) {
    this.#shelf = shelf
    const run = (id: string): ListedRun | undefined => this.#state.runs.find((each) => each.run.id === id)
    this.runs = {
      run: async (id) => run(id)?.run,
      runs: async ({ status, last } = {}) => {
        const all = this.#state.runs.map((each) => each.run)
        const found = all.filter((each) => status === undefined || each.status === status)
        return last === undefined ? found : found.slice(Math.max(0, found.length - last))
      },
      operations: async (id) => run(id)?.operations ?? [],
      // Three pages at a time.
      log: async (id, after) =>
        (run(id)?.log ?? []).filter(({ first, count }) => first + count - 1 > after).slice(0, 3),
      memos: async (id) => run(id)?.memos ?? [],
      requests: async (id, after) => (run(id)?.requests ?? []).filter(({ number }) => number > after),
    }
  }

  async session(): Promise<SessionRecord> {
    return this.#state.session
  }

  async write(changes: readonly Change[]): Promise<void> {
    this.#shelf.state = changes.reduce(changed, this.#state)
  }

  async branches(): Promise<readonly BranchRecord[]> {
    return this.#state.branches.map(({ list: _, ...record }) => record)
  }

  async branch(name: string): Promise<BranchRecord | undefined> {
    return (await this.branches()).find((each) => each.name === name)
  }

  async length(branchId: string): Promise<number> {
    return this.#branch(branchId).list.length
  }

  async messages(branchId: string, query: MessageQuery = {}): Promise<readonly Message[]> {
    const { last, before, after, between } = query
    if (between) return this.#branch(branchId).list.slice(...between)
    const whole = wholeOf(this.#branch(branchId))
    const upto = before === undefined ? whole.length : placeIn(whole, before)
    const from = after === undefined ? 0 : placeIn(whole, after) + 1
    const range = whole.slice(from, Math.max(from, upto))
    return last === undefined ? range : range.slice(Math.max(0, range.length - last))
  }

  async position(branchId: string, messageId: string): Promise<number | undefined> {
    const branch = this.#branch(branchId)
    const found = branch.list.findLastIndex(({ id }) => id === messageId)
    if (found >= 0) return found + 1
    return branch.system?.id === messageId ? 0 : undefined
  }

  async search(): Promise<readonly Found[]> {
    this.#state
    throw new BraidError('search_off', 'A list has no index.')
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #branch(id: string): Listed {
    const found = this.#state.branches.find((each) => each.id === id)
    if (found === undefined) throw new BraidError('unknown_branch', `There is no branch ${id}.`)
    return found
  }

  get #state(): ListState {
    if (this.#closed) throw new BraidError('session_closed', 'The store has been closed.')
    return this.#shelf.state
  }
}

function wholeOf({ system, list }: Listed): readonly Message[] {
  return system === undefined ? list : [system, ...list]
}

function placeIn(messages: readonly Message[], id: string): number {
  const found = messages.findLastIndex((message) => message.id === id)
  if (found < 0) throw new BraidError('unknown_message', `The branch has no message ${id}.`)
  return found
}
