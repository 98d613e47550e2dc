import { BraidError } from '@braid/core'
import { Builder } from '../builder/builder.ts'
import type { Kinds } from '../operations/built-in.ts'
import type { OperationKind } from '../operations/kind.ts'
import type { Branch } from '../session/branch.ts'
import type { Session } from '../session/session.ts'
import { flow } from './flow.ts'

/** Runs one operation on a branch. Rejects with the operation's own error. */
export async function conduct(
  session: Session,
  kind: OperationKind<object, unknown> | keyof Kinds,
  branch: string | Branch,
  params: object,
): Promise<unknown> {
  if (branch === undefined) {
    throw new BraidError('invalid_request', 'expected a branch, or the name of one, to conduct on; got none')
  }
  const builder = new Builder({ session })
  const name = typeof kind === 'string' ? kind : kind.name
  const operation = builder.add(name, kind as OperationKind<object, unknown>, params, { branch })
  try {
    return (await flow(operation)).get(operation)
  } catch (error) {
    throw (error instanceof BraidError && error.code === 'run_failed' && error.errors?.[0]) || error
  }
}
