import { BraidError, type Outcome } from '@braid/core'
import type { Progress, RunStream } from '@braid/flow'
import { lanesFor } from '../demo/lanes.ts'
import { jsonLine } from './json-line.ts'

/** What is known of a run that is only read: how many have said something, and ended. */
class Seen {
  readonly #open = new Set<string>()
  readonly #counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 }

  /** After this chunk. */
  progress(operationId: string, ended: Outcome['status'] | undefined): Progress {
    if (ended !== undefined) {
      this.#open.delete(operationId)
      this.#counts[ended] += 1
    } else this.#open.add(operationId)
    const { completed, failed, skipped, cancelled } = this.#counts
    const running = this.#open.size
    return { ...this.#counts, queued: 0, running, total: running + completed + failed + skipped + cancelled }
  }
}

/** Prints what a run says as it says it, to its end: as lanes, or one chunk a line. Resolves to the exit code: 1 when the run did not complete. */
export async function tell(stream: RunStream, json: boolean): Promise<number> {
  const lanes = json ? undefined : lanesFor(process.stdout)
  const seen = new Seen()
  let failed: BraidError | undefined
  try {
    for await (const [operationId, chunk] of stream) {
      if (json) console.log(jsonLine({ seq: stream.seq, operationId, chunk }))
      lanes?.show(
        operationId,
        chunk,
        seen.progress(operationId, chunk.type === 'operation-end' ? chunk.status : undefined),
      )
    }
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    failed = error
  } finally {
    lanes?.end()
  }
  if (failed) console.error(`braid: ${failed.message}`)
  return failed ? 1 : 0
}
