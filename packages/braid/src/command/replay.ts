import { BraidError } from '@braid/core'
import { Session } from '../session.ts'
import { runOf } from './run-of.ts'
import { tell } from './told.ts'

/** Shows what a run said once more: at the pace it had, so many times faster, or at once. Goes on with what it says now where it is not over. */
export async function replay(
  path: string,
  id: string,
  { speed, fast, json }: { readonly speed: string | undefined; readonly fast: boolean; readonly json: boolean },
): Promise<number> {
  const pace = fast ? undefined : paceOf(speed ?? '1')
  await using session = await Session.open(path, { readOnly: true })
  const run = await runOf(session, id)
  return await tell(run.stream(pace === undefined ? {} : { pace }), json)
}

function paceOf(speed: string): number {
  const pace = Number(speed)
  if (speed.trim() !== '' && Number.isFinite(pace) && pace > 0) return pace
  throw new BraidError(
    'invalid_request',
    `expected --speed with how many times faster, such as 10 or 0.5; got "${speed}"`,
  )
}
