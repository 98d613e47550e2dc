import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BraidError,
  type BranchRecord,
  type Found,
  type Message,
  type MessageQuery,
  type RunReads,
  type SessionRecord,
  type Store,
  type StoreCare,
} from '@braid/core'
import { BlobReader } from './blob.ts'
import type { Database } from './driver.ts'
import { openedReadOnly, sessionClosed } from './errors.ts'
import { fromMessageRow, MESSAGE_COLUMNS, type MessageRow } from './message-row.ts'
import { type Salvage, type SalvagedBranch, salvage } from './salvage.ts'
import { salvageRuns } from './salvaged-runs.ts'

/**
 * A damaged file as a Store to read from: what can be read, as if there had never been more. A message that cannot is left out of its branches; `care.check`
 * says what was lost.
 */
export class SalvageStore implements Store {
  readonly version = 1
  readonly runs: RunReads
  readonly care: StoreCare
  readonly #db: Database
  readonly #path: string
  readonly #salvage: Salvage
  readonly #message: (key: number) => Message

  static async open(db: Database, path: string): Promise<SalvageStore> {
    const salvaged = await salvage(db)
    const lost = [...salvaged.lost]
    return new SalvageStore(db, path, { ...salvaged, lost }, await salvageRuns(db, lost))
  }

  private constructor(db: Database, path: string, salvaged: Salvage, runs: RunReads) {
    this.#db = db
    this.#path = path
    this.#salvage = salvaged
    this.runs = runs
    const refuse = async (): Promise<never> => {
      throw openedReadOnly(path)
    }
    this.care = {
      check: async () => salvaged.lost,
      stats: refuse,
      prune: refuse,
      vacuum: refuse,
      backup: refuse,
    }
    const row = db.prepare<[number], MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE key = ?`)
    const { bytes } = new BlobReader(db)
    this.#message = (key) => fromMessageRow(row.get(key) as MessageRow, bytes)
  }

  async session(): Promise<SessionRecord> {
    return this.#there().session
  }

  async write(): Promise<void> {
    this.#there()
    throw openedReadOnly(this.#path)
  }

  async branches(): Promise<readonly BranchRecord[]> {
    return this.#there().branches.map(({ record }) => record)
  }

  async branch(name: string): Promise<BranchRecord | undefined> {
    return this.#there().branches.find(({ record }) => record.name === name)?.record
  }

  async length(branchId: string): Promise<number> {
    return this.#branch(branchId).messages.length
  }

  async messages(branchId: string, query: MessageQuery = {}): Promise<readonly Message[]> {
    const branch = this.#branch(branchId)
    const { system } = branch.record
    const [from, upto] = this.#range(branch, query)
    const messages = system !== undefined && from < 0 && upto >= 0 ? [system] : []
    for (const [index, key] of branch.messages.slice(Math.max(0, from), Math.max(0, upto)).entries()) {
      if (index % 100 === 99) await nextTurn()
      messages.push(this.#message(key))
    }
    return messages
  }

  async position(branchId: string, messageId: string): Promise<number | undefined> {
    return this.#position(this.#branch(branchId), messageId)
  }

  async search(): Promise<readonly Found[]> {
    this.#there()
    throw new BraidError('search_off', `${this.#path} is damaged, and not searched: export it, and search in the copy.`)
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  /** The positions after the first of these and up to the second; the system message, which stands at 0, is after -1. */
  #range(branch: SalvagedBranch, { last, before, after, between }: MessageQuery): readonly [number, number] {
    const length = branch.messages.length
    if (between) return [Math.max(0, between[0]), Math.min(between[1], length)]
    const upto = before === undefined ? length : this.#place(branch, before) - 1
    const from = after === undefined ? -1 : this.#place(branch, after)
    return [last === undefined ? from : Math.max(from, upto - Math.max(0, last)), upto]
  }

  #position({ record, messages }: SalvagedBranch, messageId: string): number | undefined {
    const found = messages.lastIndexOf(this.#salvage.keys.get(messageId) ?? -1)
    if (found >= 0) return found + 1
    return record.system?.id === messageId ? 0 : undefined
  }

  #place(branch: SalvagedBranch, messageId: string): number {
    const position = this.#position(branch, messageId)
    if (position !== undefined) return position
    throw new BraidError('unknown_message', `What can be read of the branch has no message with the id ${messageId}.`)
  }

  #branch(branchId: string): SalvagedBranch {
    const branch = this.#there().branches.find(({ record }) => record.id === branchId)
    if (branch) return branch
    throw new BraidError('unknown_branch', `What can be read of ${this.#path} has no branch with the id ${branchId}.`)
  }

  #there(): Salvage {
    if (!this.#db.open) throw sessionClosed(this.#path)
    return this.#salvage
  }
}
