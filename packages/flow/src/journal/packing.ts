import type { LogPage, RunReads } from '@braid/core'
import { PageWriter, unpack } from './page.ts'

/** About how many bytes go into one page, before they are compressed. */
const PACKED_BYTES = 400 * 1_024

/** The log of a run that has ended, as fewer pages that are compressed. */
export async function packedLog(runs: RunReads, runId: string): Promise<readonly LogPage[]> {
  const pages: LogPage[] = []
  let writer = new PageWriter(1)
  for await (const page of pagesOf(runs, runId, 0)) {
    for (const { operationId, chunk, at } of await unpack(page)) writer.push(operationId, [chunk], at)
    if (writer.weight < PACKED_BYTES) continue
    pages.push(await writer.compressed())
    writer = new PageWriter(writer.first + writer.count)
  }
  if (writer.count > 0) pages.push(await writer.compressed())
  return pages
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
