import type { Chunk, LogPage, RunReads } from '@braid/core'
import { type Logged, PageWriter, unpack } from './page.ts'

/** About how many bytes go into one page, before they are compressed. */
const PACKED_BYTES = 400 * 1_024

/**
 * The log of a run, as fewer pages that are compressed. `purged`: without what was taken back by a `redaction`; the chunks stay, empty, for
 * their numbers are given.
 */
export async function packedLog(runs: RunReads, runId: string, purged: boolean): Promise<readonly LogPage[]> {
  const takenBack = purged ? await redactionsOf(runs, runId) : new Map<string, number>()
  const pages: LogPage[] = []
  let writer = new PageWriter(1)
  for await (const page of pagesOf(runs, runId, 0)) {
    for (const logged of await unpack(page)) {
      const { operationId, at } = logged
      writer.push(operationId, [takenBack.size > 0 ? withoutTakenBack(logged, takenBack) : logged.chunk], at)
    }
    if (writer.weight < PACKED_BYTES) continue
    pages.push(await writer.compressed())
    writer = new PageWriter(writer.first + writer.count)
  }
  if (writer.count > 0) pages.push(await writer.compressed())
  return pages
}

/** By operation, and by operation and block, the number of the last redaction. */
async function redactionsOf(runs: RunReads, runId: string): Promise<ReadonlyMap<string, number>> {
  const redactions = new Map<string, number>()
  for await (const page of pagesOf(runs, runId, 0)) {
    for (const { seq, operationId, chunk } of await unpack(page)) {
      if (chunk.type !== 'redaction') continue
      redactions.set(operationId, seq)
      redactions.set(blockOf(operationId, chunk.id), seq)
    }
  }
  return redactions
}

function withoutTakenBack({ seq, operationId, chunk }: Logged, redactions: ReadonlyMap<string, number>): Chunk {
  const isBefore = (key: string): boolean => seq < (redactions.get(key) ?? 0)
  // An object is made of text, and which one is not known any more.
  if (chunk.type === 'object') return isBefore(operationId) ? { ...chunk, object: undefined } : chunk
  return 'data' in chunk && isBefore(blockOf(operationId, chunk.id)) ? { ...chunk, data: '' } : chunk
}

function blockOf(operationId: string, id: string): string {
  return JSON.stringify([operationId, id])
}

/** The pages of a log with chunks after this number, as many as there are by now. */
export async function* pagesOf(runs: RunReads, runId: string, after: number): AsyncGenerator<LogPage, void> {
  for (let from = after, pages = await runs.log(runId, from); pages.length > 0; pages = await runs.log(runId, from)) {
    for (const page of pages) {
      yield page
      from = page.first + page.count - 1
    }
  }
}
