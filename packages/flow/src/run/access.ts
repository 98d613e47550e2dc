import type { Model, Schema } from '@braid/core'
import type { Node } from '../builder/node.ts'
import { checkModelAccess, checkOutputAccess } from '../session/access.ts'
import type { Branch } from '../session/branch.ts'
import type { Session } from '../session/session.ts'
import type { ContextWindow } from '../windows/window.ts'

/** What an operation's params say of models and answers, as far as kinds have them. */
interface Params {
  readonly imodel?: Model | string
  readonly output?: Schema
  readonly window?: ContextWindow
}

/** Finds the models of one operation: by reference, or else its own, or else the session's default. Throws `access_denied` for one that its branch forbids. */
export function modelsOf(
  { operation }: Node,
  { services }: Session,
  branch: Branch | undefined,
): (reference?: Model | string) => Model {
  const { imodel } = operation.params as Params
  return (reference) => {
    const model = services.imodel(reference ?? imodel)
    checkModelAccess(branch, model)
    return model
  }
}

/** Throws `access_denied` for what its branch forbids, as far as an operation's params tell: before it begins, so that nothing is left of it. */
export function checkAccess(
  { kind, operation }: Node,
  branch: Branch | undefined,
  imodel: (reference?: Model | string) => Model,
): void {
  if (kind.type !== 'built-in' || !branch) return
  const params = operation.params as Params
  const asks = params.imodel !== undefined || (kind.of.takesTurn && 'imodel' in kind.of.params)
  if (asks && branch.resources) imodel()
  const window = kind.of.takesTurn ? (params.window ?? branch.window) : undefined
  const maker = typeof window === 'object' && 'summary' in window ? window.summary.imodel : undefined
  if (maker !== undefined && branch.resources) imodel(maker)
  if (params.output !== undefined) checkOutputAccess(branch, params.output)
}
