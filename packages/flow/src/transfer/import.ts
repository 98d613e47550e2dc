import { BraidError, type Change, type Store } from '@braid/core'
import { type Redact, redacting } from '../session/redaction.ts'
import { Reading } from './reading.ts'
import { invalidExport } from './line.ts'

/** How many changes are written together. */
const TOGETHER = 200

/**
 * Fills a store that holds nothing yet with what `session.export` gave, with or without line ends. It is then that session: the same ids, the same
 * messages, the same runs, where the store keeps runs. Throws `invalid_export`, naming the line, for what is damaged, and for an export that
 * breaks off; what came before it may be in the store by then. `redact` sees each message before it is written.
 */
export async function importLines(
  store: Store,
  lines: AsyncIterable<string> | Iterable<string>,
  redact?: Redact,
): Promise<void> {
  if (redact) return importLines(redacting(store, redact), lines)
  const reading = new Reading()
  let waiting: Change[] = []
  let since = 1
  const write = async (): Promise<void> => {
    try {
      await store.write(waiting)
    } catch (error) {
      // What a store says of a branch or a run that is not there is meant for programs.
      if (!(error instanceof BraidError) || !DAMAGE.has(error.code)) throw error
      throw invalidExport(
        since,
        `expected it, or one of the ${reading.lines - since} after it, to fit what came before`,
        error,
      )
    }
    waiting = []
    since = reading.lines + 1
  }
  for await (const text of lines) {
    waiting.push(...reading.read(text))
    if (waiting.length >= TOGETHER) await write()
  }
  reading.end()
  await write()
}

const DAMAGE: ReadonlySet<string> = new Set([
  'duplicate_branch',
  'unknown_branch',
  'unknown_message',
  'unknown_run',
  'invalid_request',
])
