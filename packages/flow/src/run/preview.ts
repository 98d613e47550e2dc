import {
  BraidError,
  type Message,
  type Model,
  type ModelRequest,
  type Operation,
  type Outcome,
  toMessage,
} from '@braid/core'
import { type Node, nodeOf } from '../builder/node.ts'
import type { Prompted } from '../operations/kind.ts'
import { newBranch } from '../session/branch.ts'
import type { Session } from '../session/session.ts'
import { StagedBranch } from '../session/staged-branch.ts'
import { StoredBranch } from '../session/stored-branch.ts'
import type { SummarySource } from '../windows/summaries.ts'
import { checkAccess, modelsOf } from './access.ts'
import { resultsFor } from './results.ts'

/** What an operation would send. */
export interface Preview extends ModelRequest {
  readonly messages: readonly Message[]
}

/** The first request of an operation, as if it started now. Nothing is sent or written, and no branch is made. */
export async function preview(session: Session, operation: Operation): Promise<Preview> {
  const node = nodeFor(session, operation)
  checkParents(node)
  const { kind } = node
  if (kind.type !== 'built-in' || !kind.of.preview)
    throw asksNothing(operation, `${operation.kind} asks no model itself`)
  const branch = await branchOf(node, session)
  const imodel = modelsOf(node, session, branch)
  checkAccess(node, branch, imodel)
  const prompted: Prompted = {
    operation,
    results: resultsFor(node),
    signal: new AbortController().signal,
    // Only what takes no turn has none.
    branch: branch as StagedBranch,
    turn: { ...node.turn },
    tool: (name) => session.services.tool(name),
    imodel,
    summaries: untold(session, imodel),
  }
  const request = await kind.of.preview(prompted, operation.params as never)
  if (request) return { ...request, messages: request.messages.map(toMessage) }
  throw asksNothing(operation, 'what it was given has its result already')
}

function nodeFor(session: Session, operation: Operation): Node {
  const node = typeof operation === 'object' && operation !== null ? nodeOf(operation) : undefined
  if (!node) throw new BraidError('invalid_plan', 'expected an operation that a Builder made; got something else')
  if (node.builder.session === session) return node
  throw new BraidError(
    'foreign_operation',
    `operation "${operation.id}" belongs to a builder of another session; preview it with that one`,
  )
}

/** Throws `not_completed`, naming the parents whose results the prompt may be made of and is not yet. */
function checkParents({ operation, parents, join }: Node): void {
  const needed = parents.filter(({ type }) => type !== 'stream').map(({ from }) => from)
  const open = needed.filter(({ outcome }) => !isMet(outcome, join))
  if (open.length === 0 || (join === 'any' && open.length < needed.length)) return
  const names = open.map((each) => `"${each.operation.id}" (${each.outcome?.status ?? 'not run'})`).join(', ')
  throw new BraidError(
    'not_completed',
    `operation "${operation.id}" cannot be previewed before what it depends on: ${names}; run that first: flow([…])`,
    { operationId: operation.id },
  )
}

function isMet(outcome: Outcome | undefined, join: Node['join']): boolean {
  return join === 'settled' ? outcome !== undefined : outcome?.status === 'completed'
}

/** The branch as an attempt would open it; one that does not exist yet is only imagined. */
async function branchOf(node: Node, session: Session): Promise<StagedBranch | undefined> {
  const { branch, turn, kind } = node
  if (branch !== undefined && typeof branch !== 'string') return new StagedBranch(session.own(branch), false)
  const takesTurn = kind.type === 'built-in' && kind.of.takesTurn
  const name = branch ?? (takesTurn ? (turn.branch ?? node.operation.id) : undefined)
  if (name === undefined) return undefined
  const record = branch === undefined && turn.branch === undefined ? undefined : await session.store.branch(name)
  if (record) return new StagedBranch(new StoredBranch(session.store, record), false)
  return StagedBranch.fresh(session.store, newBranch(name))
}

/** Summaries as far as they were made. To make another one is to ask a model, so that one is only announced. */
function untold({ summaries }: Session, imodel: (reference?: Model | string) => Model): SummarySource {
  return {
    recall: (key) => summaries.recall(key),
    make: async (_key: string, reference: Model | string | undefined, _instruction: Message) => ({
      text: `[a summary that ${imodel(reference).name} makes when this is sent]`,
      finishes: [],
    }),
  }
}

function asksNothing({ id }: Operation, why: string): BraidError {
  return new BraidError('invalid_request', `operation "${id}" sends nothing that could be previewed: ${why}`)
}
