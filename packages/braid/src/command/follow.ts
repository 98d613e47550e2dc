import { BraidError } from '@braid/core'
import type { Session } from '../session.ts'
import { tell } from './told.ts'

/** Shows the last run that is going on, in whichever process, from its beginning to its end. */
export async function follow(session: Session, json: boolean): Promise<number> {
  const runs = await session.runs.list()
  const run = runs.findLast(({ status }) => status === 'running' || status === 'waiting')
  if (!run) throw new BraidError('unknown_run', 'no run is going on; braid runs lists those that were')
  if (!json) console.log(`run ${run.id}\n`)
  return tell(run.stream(), json)
}
