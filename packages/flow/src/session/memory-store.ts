import {
  BraidError,
  type BranchRecord,
  type Change,
  type Found,
  type Message,
  type MessageQuery,
  newId,
  type SearchQuery,
  type SessionRecord,
  type Store,
} from '@braid/core'

/** A branch: what it shares with its parent, and its own messages after that. */
interface Line {
  record: BranchRecord
  readonly parent: Line | undefined
  readonly shared: number
  readonly own: Message[]
  /** The positions of its own messages by id, ascending. */
  readonly places: Map<string, number[]>
}

type Append = Extract<Change, { readonly type: 'append' }>

/** The Store of a session without a file. Runs and operations are accepted and not kept. */
export class MemoryStore implements Store {
  readonly version = 1
  #session: SessionRecord = { id: newId(), createdAt: new Date() }
  readonly #lines = new Map<string, Line>()
  readonly #byName = new Map<string, Line>()
  readonly #messages = new Map<string, Message>()
  #closed = false

  async session(): Promise<SessionRecord> {
    this.#checkOpen()
    return this.#session
  }

  async write(changes: readonly Change[]): Promise<void> {
    this.#checkOpen()
    const undo: (() => void)[] = []
    try {
      for (const change of changes) this.#apply(change, undo)
    } catch (error) {
      for (const step of undo.reverse()) step()
      throw error
    }
  }

  async branches(): Promise<readonly BranchRecord[]> {
    this.#checkOpen()
    return Array.from(this.#lines.values(), (line) => line.record)
  }

  async branch(name: string): Promise<BranchRecord | undefined> {
    this.#checkOpen()
    return this.#byName.get(name)?.record
  }

  async length(branchId: string): Promise<number> {
    return lengthOf(this.#line(branchId))
  }

  async messages(branchId: string, query: MessageQuery = {}): Promise<readonly Message[]> {
    const { last, before, after, between } = query
    const line = this.#line(branchId)
    if (between) return slice(line, Math.max(0, between[0]), Math.min(between[1], lengthOf(line)))
    const { system } = line.record
    // The system message stands at 0, so that what begins with it begins after -1.
    const upto = before === undefined ? lengthOf(line) : place(line, before) - 1
    let from = after === undefined ? -1 : place(line, after)
    if (last !== undefined) from = Math.max(from, upto - Math.max(0, last))
    const messages = slice(line, Math.max(0, from), upto)
    return system !== undefined && from < 0 && upto >= 0 ? [system, ...messages] : messages
  }

  async position(branchId: string, messageId: string): Promise<number | undefined> {
    return position(this.#line(branchId), messageId)
  }

  async search(words: string, { limit = 20 }: SearchQuery = {}): Promise<readonly Found[]> {
    this.#checkOpen()
    const wanted = wordsOf(words)
    const found = Array.from(this.#messages.values()).filter(({ text }) => {
      const said = new Set(wordsOf(text))
      return wanted.length > 0 && wanted.every((word) => said.has(word))
    })
    const there = found.flatMap((message) => {
      const lines = Array.from(this.#lines.values()).filter((line) => position(line, message.id) !== undefined)
      return lines.length === 0 ? [] : [{ message, branches: lines.map((line) => line.record.name) }]
    })
    return there.slice(0, limit)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #apply(change: Change, undo: (() => void)[]): void {
    switch (change.type) {
      case 'session': {
        const before = this.#session
        this.#session = change.session
        undo.push(() => {
          this.#session = before
        })
        break
      }
      case 'branch':
        this.#create(change.branch, undo)
        break
      case 'append':
        this.#append(change, undo)
        break
      case 'branch-name':
        this.#rename(change.branchId, change.name, undo)
        break
      case 'branch-archived': {
        const { archived: _, ...record } = this.#line(change.branchId).record
        this.#describe(change.branchId, change.archived ? { ...record, archived: true } : record, undo)
        break
      }
      case 'branch-system': {
        const { system: _, ...record } = this.#line(change.branchId).record
        const system = change.system && this.#keep(change.system, undo)
        this.#describe(change.branchId, system === undefined ? record : { ...record, system }, undo)
        break
      }
      case 'branch-deleted':
        this.#delete(change.branchId, undo)
        break
      case 'run':
      case 'lease':
      case 'holds':
      case 'operation':
      case 'log':
      case 'log-packed':
      case 'memo':
      case 'request':
        break
      default:
        change satisfies never
    }
  }

  #create(branch: BranchRecord, undo: (() => void)[]): void {
    const { id, name } = branch
    if (this.#byName.has(name) || this.#lines.has(id)) {
      throw duplicate(name)
    }
    const parent = branch.parent && this.#line(branch.parent.id)
    const shared = branch.parent?.at ?? 0
    if (parent !== undefined && !(Number.isInteger(shared) && shared >= 0 && shared <= lengthOf(parent))) {
      throw new BraidError(
        'unknown_message',
        `The branch ${name} was to share ${shared} messages with its parent, which has ${lengthOf(parent)}: fork at a message that is there.`,
      )
    }
    const record = branch.system === undefined ? branch : { ...branch, system: this.#keep(branch.system, undo) }
    const line: Line = { record, parent, shared, own: [], places: new Map() }
    this.#lines.set(id, line)
    this.#byName.set(name, line)
    undo.push(() => {
      this.#lines.delete(id)
      this.#byName.delete(name)
    })
  }

  #rename(branchId: string, name: string, undo: (() => void)[]): void {
    const line = this.#line(branchId)
    const before = line.record.name
    if (before === name) return
    if (this.#byName.has(name)) throw duplicate(name)
    this.#byName.delete(before)
    this.#byName.set(name, line)
    undo.push(() => {
      this.#byName.delete(name)
      this.#byName.set(before, line)
    })
    this.#describe(branchId, { ...line.record, name }, undo)
  }

  #describe(branchId: string, record: BranchRecord, undo: (() => void)[]): void {
    const line = this.#line(branchId)
    const before = line.record
    line.record = record
    undo.push(() => {
      line.record = before
    })
  }

  /** Its forks go on having what they share with it. */
  #delete(branchId: string, undo: (() => void)[]): void {
    const line = this.#line(branchId)
    const { name } = line.record
    const before = Array.from(this.#lines)
    this.#lines.delete(branchId)
    this.#byName.delete(name)
    undo.push(() => {
      // As it was also in its order, which is that of the branches.
      this.#lines.clear()
      for (const [id, each] of before) this.#lines.set(id, each)
      this.#byName.set(name, line)
    })
  }

  #append({ branchId, messages, length: expected }: Append, undo: (() => void)[]): void {
    const line = this.#line(branchId)
    const length = lengthOf(line)
    if (expected !== undefined && expected !== length) {
      throw new BraidError(
        'branch_moved',
        `Expected the branch ${line.record.name} to have ${expected} messages, but it has ${length}: ` +
          'someone else wrote it meanwhile. Read it again, or fork it at what you expected.',
      )
    }
    for (const message of messages) {
      const places = line.places.get(message.id) ?? []
      line.places.set(message.id, places)
      places.push(line.shared + line.own.push(this.#keep(message, undo)))
    }
    undo.push(() => {
      for (const message of messages) line.places.get(message.id)?.pop()
      line.own.length = length - line.shared
    })
  }

  /** The message as it is kept: the first of its id. */
  #keep(message: Message, undo: (() => void)[]): Message {
    const kept = this.#messages.get(message.id)
    if (kept !== undefined) return kept
    this.#messages.set(message.id, message)
    undo.push(() => this.#messages.delete(message.id))
    return message
  }

  #line(branchId: string): Line {
    this.#checkOpen()
    const line = this.#lines.get(branchId)
    if (line === undefined) {
      throw new BraidError(
        'unknown_branch',
        `There is no branch with the id ${branchId} in this store: create it first.`,
      )
    }
    return line
  }

  #checkOpen(): void {
    if (this.#closed) throw new BraidError('session_closed', 'The store has been closed: open a new session.')
  }
}

/** Letters and digits, whatever their case and accents. */
function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

function duplicate(name: string): BraidError {
  return new BraidError('duplicate_branch', `There is a branch named ${name} already: open it, or choose another name.`)
}

function lengthOf(line: Line): number {
  return line.shared + line.own.length
}

/** The messages at the positions `after < position <= upto`. */
function slice(line: Line, after: number, upto: number): Message[] {
  const parts: Message[][] = []
  let end = upto
  for (let owner: Line | undefined = line; owner !== undefined && end > after; owner = owner.parent) {
    if (end > owner.shared)
      parts.push(owner.own.slice(Math.max(owner.shared, after) - owner.shared, end - owner.shared))
    end = Math.min(end, owner.shared)
  }
  return parts.reverse().flat()
}

/** Its last place, when it was appended more than once. */
function position(line: Line, messageId: string): number | undefined {
  let end = lengthOf(line)
  for (let owner: Line | undefined = line; owner !== undefined && end > 0; owner = owner.parent) {
    const found = owner.places.get(messageId)?.findLast((at) => at <= end)
    if (found !== undefined) return found
    end = Math.min(end, owner.shared)
  }
  return line.record.system?.id === messageId ? 0 : undefined
}

function place(line: Line, messageId: string): number {
  const found = position(line, messageId)
  if (found !== undefined) return found
  throw new BraidError(
    'unknown_message',
    `The branch has no message with the id ${messageId}: it is on another branch, or nowhere.`,
  )
}
