import { asBraidError, type BraidError, type Change, type LogPage, type OperationRecord, type Store } from '@braid/core'
import type { Clock } from '../run/clock.ts'
import type { Entry } from '../run/log.ts'
import { newLease, RENEW_MS } from './lease.ts'
import { packedLog } from './packing.ts'
import { PageWriter } from './page.ts'

/** How long something that was said may wait to be written, in milliseconds: the write itself is to end before 100 are over. */
const FLUSH_MS = 80

/** As much as this is written at once, however little time has gone by. */
const PAGE_BYTES = 64 * 1_024

/** A run that is so many bytes ahead of its store waits for it. */
const UNWRITTEN_BYTES = 512 * 1_024

/** How long flushes may fail until the run ends, in milliseconds: where the reason may pass, and where it will not. An end that cannot be stored is told by itself. */
const PATIENCE_MS = 60_000
const NO_PATIENCE_MS = 200

export interface JournalOptions {
  readonly runId: string
  readonly store: Store
  readonly clock: Clock
  /** Whether what is said is kept; without it, only what is done. */
  readonly logs: boolean
  /** Nothing more can be written, and why: the store takes no more, or somebody else has the run. */
  onFailure(error: BraidError): void
  /** What waited for the store may go on. */
  onRoom(): void
}

/** What was said since the flush before: as a page, and as what readers in this process are given. */
interface Batch {
  readonly page: LogPage
  readonly entries: readonly Entry[]
  readonly weight: number
  writing: boolean
}

/**
 * What one run says and does on its way into the store: chunks gather to a page for a moment, and every write says first that the run is this
 * process's own, so that one that lost it writes nothing.
 *
 * Invariants: pages are written in order and without gaps; what was said before a change is in the store before that change is; what is not
 * written yet is bounded, and whoever reads from the store finds the rest here.
 */
export class Journal {
  readonly token: string
  readonly #options: JournalOptions
  #page: PageWriter
  #entries: Entry[] = []
  #batches: Batch[] = []
  /** How operations stand that began since the last flush. */
  readonly #begun = new Map<string, OperationRecord>()
  #flushed: number
  #unwritten = 0
  #stopFlush: (() => void) | undefined
  #flushing = false
  #stopRenewal: (() => void) | undefined
  /** Whether it has ended, or can write nothing more. */
  #over = false
  /** When flushes began to fail, if they do. */
  #failingSince: number | undefined
  /** Whether something in the log is, or may be, taken back. */
  #redacts = false
  /** Whether something that was said is taken back, and what is in the store of it has still to go. */
  #takenBack = false
  /** While that goes, no page is written. */
  #purging: Promise<void> | undefined

  constructor(options: JournalOptions, token = newLease().token) {
    this.#options = options
    this.token = token
    this.#page = new PageWriter(1)
    this.#flushed = 0
  }

  get runId(): string {
    return this.#options.runId
  }

  get logs(): boolean {
    return this.#options.logs
  }

  /** The number of the last chunk that is in the store. */
  get flushed(): number {
    return this.#flushed
  }

  /** Whether the run is to wait for its store. */
  get full(): boolean {
    return this.#unwritten + this.#page.weight >= UNWRITTEN_BYTES
  }

  /** What is not in the store yet, in order. */
  get unwritten(): readonly Entry[] {
    return [...this.#batches.flatMap(({ entries }) => entries), ...this.#entries]
  }

  /** The run is this process's own from now on, as these changes say. `said`: how many chunks its log has already. */
  async begin(changes: readonly Change[], said = 0): Promise<void> {
    await this.#options.store.write(changes)
    this.#page = new PageWriter(said + 1)
    this.#flushed = said
    this.#redacts = said > 0
    this.#renewLater()
  }

  append(entry: Entry): void {
    if (!this.logs) return
    this.#entries.push(entry)
    if (this.#over) return
    this.#page.push(entry.lane.operationId, entry.chunks, Date.now())
    if (entry.chunks.some(({ type }) => type === 'redaction')) {
      this.#redacts = true
      this.#takenBack = true
    }
    if (this.#takenBack || this.#page.weight >= PAGE_BYTES) this.#flushSoon()
    else this.#flushLater()
  }

  /** How an operation stands that has begun: is written with the next flush. */
  began(operation: OperationRecord): void {
    this.#begun.set(operation.id, operation)
    this.#flushLater()
  }

  /** Writes all that was said so far, and these. */
  async write(changes: readonly Change[]): Promise<void> {
    while (this.#purging) await this.#purging
    for (const change of changes) if (change.type === 'operation') this.#begun.delete(change.operation.id)
    // That others have begun can wait: many end before anybody need know it.
    if (!this.#over) this.#writePages([])
    try {
      await this.#options.store.write([this.#holds, ...changes])
    } catch (error) {
      if (isLoss(error)) this.#fail(error)
      throw error
    }
  }

  /** The last that is said is written: afterwards it keeps nothing, and waits for nothing. */
  async end(changes: readonly Change[]): Promise<void> {
    try {
      await this.write(changes)
    } finally {
      this.#over = true
      this.#stopFlush?.()
      // The lease lasts for as long as packing takes.
      this.#stopRenewal?.()
      this.#entries = []
      this.#batches = []
    }
  }

  /** Packs the log of the run that has ended anew, and nobody runs it any more. */
  async release(): Promise<void> {
    const { runId, store } = this.#options
    const packed = await this.#packed().catch(() => [])
    await store.write([this.#holds, ...packed, { type: 'lease', runId, instead: this.token }])
  }

  get #holds(): Change {
    return { type: 'holds', runId: this.#options.runId, token: this.token }
  }

  #flushLater(): void {
    if (this.#over) return
    this.#stopFlush ??= this.#options.clock.after(FLUSH_MS, () => this.#flush(), false)
  }

  /** What is said in one go, such as 10,000 ends, is one page. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    this.#stopFlush?.()
    this.#stopFlush = undefined
    if (this.#over) return
    const begun = [...this.#begun.values()]
    this.#begun.clear()
    this.#writePages(begun)
  }

  #writePages(begun: readonly OperationRecord[]): void {
    if (this.#purging) return
    if (this.#page.count > 0) this.#turnPage()
    const batches = this.#batches.filter(({ writing }) => !writing)
    if (batches.length > 0 || begun.length > 0) void this.#write(batches, begun)
  }

  #turnPage(): void {
    const { weight, first, count } = this.#page
    this.#batches.push({ page: this.#page.page(), entries: this.#entries, weight, writing: false })
    this.#unwritten += weight
    this.#entries = []
    this.#page = new PageWriter(first + count)
  }

  async #write(batches: readonly Batch[], begun: readonly OperationRecord[]): Promise<void> {
    const { runId, store } = this.#options
    for (const batch of batches) batch.writing = true
    try {
      await store.write([
        this.#holds,
        ...batches.map(({ page }): Change => ({ type: 'log', runId, page })),
        ...begun.map((operation): Change => ({ type: 'operation', operation })),
      ])
      this.#written(batches)
    } catch (error) {
      for (const batch of batches) batch.writing = false
      for (const operation of begun) if (!this.#begun.has(operation.id)) this.#begun.set(operation.id, operation)
      const now = this.#options.clock.now()
      this.#failingSince ??= now
      const patience = mayPass(error) ? PATIENCE_MS : NO_PATIENCE_MS
      if (isLoss(error) || now - this.#failingSince >= patience) this.#fail(error)
      this.#flushLater()
    }
  }

  #written(batches: readonly Batch[]): void {
    const wasFull = this.full
    this.#failingSince = undefined
    for (const { page, weight } of batches) {
      this.#flushed = page.first + page.count - 1
      this.#unwritten -= weight
    }
    this.#batches = this.#batches.filter((batch) => !batches.includes(batch))
    if (wasFull && !this.full) this.#options.onRoom()
    if (this.#takenBack && !this.#over && this.#batches.length === 0) this.#purge()
  }

  /** What was taken back goes from the store, too, once the pages that have it are there. */
  #purge(): void {
    this.#takenBack = false
    this.#purging ??= this.#packed()
      .then((changes) => this.#options.store.write([this.#holds, ...changes]))
      .catch(() => {
        this.#takenBack = true
      })
      .then(() => {
        this.#purging = undefined
        this.#flushLater()
      })
  }

  async #packed(): Promise<readonly Change[]> {
    const { runId, store } = this.#options
    const pages = store.runs && this.logs ? await packedLog(store.runs, runId, this.#redacts) : []
    return pages.length > 0 ? [{ type: 'log-packed', runId, pages }] : []
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#stopRenewal?.()
    // What waits for room would wait for ever.
    this.#unwritten = Number.NEGATIVE_INFINITY
    this.#options.onFailure(asBraidError(error, 'unknown'))
    this.#options.onRoom()
  }

  #renewLater(): void {
    this.#stopRenewal = this.#options.clock.after(RENEW_MS, () => void this.#renew(), false)
  }

  async #renew(): Promise<void> {
    const { runId, store } = this.#options
    try {
      await store.write([{ type: 'lease', runId, lease: newLease(this.token), instead: this.token }])
    } catch (error) {
      if (isLoss(error)) this.#fail(error)
    }
    if (!this.#over) this.#renewLater()
  }
}

/** Whether somebody else has the run by now. */
function isLoss(error: unknown): boolean {
  const { code } = error as Partial<BraidError>
  return code === 'attempt_superseded' || code === 'run_leased'
}

/** Whether it may be written later: the store was busy, or the page before it is not there yet. */
function mayPass(error: unknown): boolean {
  const { code, retryable } = error as Partial<BraidError>
  return retryable === true || code === 'invalid_request'
}
