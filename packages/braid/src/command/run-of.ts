import { BraidError } from '@braid/core'
import type { Run } from '@braid/flow'
import type { Session } from '../session.ts'

/**
 * The run with this id, or the only one whose id ends or begins so (ids of one minute begin alike); `last` is the one that began last. Throws `unknown_run`, naming the
 * last ones.
 */
export async function runOf(session: Session, name: string): Promise<Run> {
  const runs = await session.runs.list()
  const found = name === 'last' ? runs.slice(-1) : runs.filter(({ id }) => id.endsWith(name) || id.startsWith(name))
  const [run] = found.filter(({ id }) => id === name).concat(found.length === 1 ? found : [])
  if (run) return run
  const last = runs.slice(-5).map(({ id }) => id)
  throw new BraidError(
    'unknown_run',
    `${found.length > 1 ? 'several runs have' : 'no run has'} an id that begins or ends with "${name}"; the last ones are: ${last.join(', ') || 'none'}`,
  )
}
