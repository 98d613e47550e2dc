import { BraidError } from '@braid/core'
import type { Run } from '@braid/flow'
import type { Session } from '../session.ts'

/** The run with this id, or the only one whose id begins so. Throws `unknown_run`, naming the last ones. */
export async function runOf(session: Session, begins: string): Promise<Run> {
  const runs = await session.runs.list()
  const found = runs.filter(({ id }) => id.startsWith(begins))
  const [run] = found.filter(({ id }) => id === begins).concat(found.length === 1 ? found : [])
  if (run) return run
  const last = runs.slice(-5).map(({ id }) => id)
  throw new BraidError(
    'unknown_run',
    `${found.length > 1 ? 'several runs have' : 'no run has'} an id that begins with "${begins}"; the last ones are: ${last.join(', ') || 'none'}`,
  )
}
