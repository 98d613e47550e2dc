import {
  BraidError,
  type BranchRecord,
  type Change,
  type LogPage,
  type Memo,
  type Message,
  newId,
  type NumberedRequest,
  type OperationRecord,
  type RunRecord,
  type SessionRecord,
} from '@braid/core'

export type Listed = BranchRecord & { readonly list: readonly Message[] }

export interface ListedRun {
  readonly run: RunRecord
  readonly operations: readonly OperationRecord[]
  readonly log: readonly LogPage[]
  readonly memos: readonly Memo[]
  readonly requests: readonly NumberedRequest[]
}

/** Everything, as lists: a branch is a whole list of its own, copied when it is forked. Never changed, only replaced. */
export interface ListState {
  readonly session: SessionRecord
  readonly messages: ReadonlyMap<string, Message>
  readonly branches: readonly Listed[]
  readonly runs: readonly ListedRun[]
  readonly requests: number
}

export function emptyState(): ListState {
  const session = { id: newId(), createdAt: new Date() }
  return { session, messages: new Map(), branches: [], runs: [], requests: 0 }
}

/** The state after a change. */
export function changed(state: ListState, change: Change): ListState {
  switch (change.type) {
    case 'session':
      return { ...state, session: change.session }
    case 'branch': {
      const { id, name, parent, system } = change.branch
      if (state.branches.some((each) => each.name === name || each.id === id)) throw duplicate(name)
      const past = parent === undefined ? [] : branchOf(state, parent.id).list
      const at = parent?.at ?? 0
      if (!(Number.isInteger(at) && at >= 0 && at <= past.length))
        throw new BraidError('unknown_message', `No ${name}.`)
      const [next, kept] = keep(state, system === undefined ? [] : [system])
      const listed = {
        ...change.branch,
        ...(kept[0] === undefined ? {} : { system: kept[0] }),
        list: past.slice(0, at),
      }
      return { ...next, branches: [...state.branches, listed] }
    }
    case 'append': {
      const { name, list } = branchOf(state, change.branchId)
      if (change.length !== undefined && change.length !== list.length) {
        throw new BraidError('branch_moved', `Expected ${name} to have ${change.length}, but it has ${list.length}.`)
      }
      const [next, kept] = keep(state, change.messages)
      return withBranch(next, change.branchId, (branch) => ({ ...branch, list: [...branch.list, ...kept] }))
    }
    case 'branch-name': {
      const { name, branchId } = change
      if (state.branches.some((each) => each.name === name && each.id !== branchId)) throw duplicate(name)
      return withBranch(state, branchId, (branch) => ({ ...branch, name }))
    }
    case 'branch-archived':
      return withBranch(state, change.branchId, ({ archived: _, ...branch }) =>
        change.archived ? { ...branch, archived: true } : branch,
      )
    case 'branch-system': {
      const [next, [system]] = keep(state, change.system === undefined ? [] : [change.system])
      return withBranch(next, change.branchId, ({ system: _, ...branch }) =>
        system === undefined ? branch : { ...branch, system },
      )
    }
    case 'branch-deleted':
      branchOf(state, change.branchId)
      return { ...state, branches: state.branches.filter(({ id }) => id !== change.branchId) }
    default:
      return changedRun(state, change)
  }
}

type BranchChange = Extract<Change, { readonly branchId: string } | { readonly branch: BranchRecord }>

function changedRun(state: ListState, change: Exclude<Change, BranchChange | { readonly type: 'session' }>): ListState {
  switch (change.type) {
    case 'run': {
      const { run } = change
      const old = state.runs.find((each) => each.run.id === run.id)
      if (old === undefined) {
        return { ...state, runs: [...state.runs, { run, operations: [], log: [], memos: [], requests: [] }] }
      }
      const { plan, lease } = old.run
      const whole = { ...(plan && { plan }), ...(lease && { lease }), ...run }
      return withRun(state, run.id, (listed) => ({ ...listed, run: whole }))
    }
    case 'lease':
      return withRun(state, change.runId, (listed) => {
        const { lease: held, ...run } = listed.run
        if (held?.token !== change.instead) {
          throw new BraidError('run_leased', `It has ${held?.pid} on ${held?.host}.`)
        }
        return { ...listed, run: change.lease === undefined ? run : { ...run, lease: change.lease } }
      })
    case 'holds':
      if (state.runs.find(({ run }) => run.id === change.runId)?.run.lease?.token === change.token) return state
      throw new BraidError('attempt_superseded', `Another process has ${change.runId}.`)
    case 'operation':
      return withRun(state, change.operation.runId, (listed) => {
        const operation = asKept(change.operation)
        const isThis = ({ id }: OperationRecord) => id === operation.id
        const { operations } = listed
        return operations.some(isThis)
          ? { ...listed, operations: operations.map((each) => (isThis(each) ? operation : each)) }
          : { ...listed, operations: [...operations, operation] }
      })
    case 'log':
      return withRun(state, change.runId, (listed) => ({
        ...listed,
        log: extended(change.runId, listed.log, [change.page]),
      }))
    case 'log-packed':
      return withRun(state, change.runId, (listed) => ({ ...listed, log: extended(change.runId, [], change.pages) }))
    case 'memo':
      return withRun(state, change.runId, (listed) => {
        const { operationId, key } = change.memo
        const others = listed.memos.filter((each) => each.operationId !== operationId || each.key !== key)
        return { ...listed, memos: [...others, change.memo] }
      })
    case 'request': {
      const number = state.requests + 1
      const next = { ...state, requests: number }
      return withRun(next, change.runId, (listed) => ({
        ...listed,
        requests: [...listed.requests, { number, request: change.request }],
      }))
    }
    default:
      return change satisfies never
  }
}

function branchOf(state: ListState, id: string): Listed {
  const found = state.branches.find((each) => each.id === id)
  if (found === undefined) throw new BraidError('unknown_branch', `There is no branch ${id}.`)
  return found
}

function withBranch(state: ListState, id: string, change: (branch: Listed) => Listed): ListState {
  const old = branchOf(state, id)
  return { ...state, branches: state.branches.map((each) => (each === old ? change(old) : each)) }
}

function withRun(state: ListState, id: string, change: (listed: ListedRun) => ListedRun): ListState {
  const old = state.runs.find(({ run }) => run.id === id)
  if (old === undefined) throw new BraidError('unknown_run', `There is no run ${id}.`)
  return { ...state, runs: state.runs.map((each) => (each === old ? change(old) : each)) }
}

/** The messages as they are kept: the first of each id. */
function keep(state: ListState, given: readonly Message[]): [ListState, readonly Message[]] {
  const messages = new Map(state.messages)
  for (const message of given) if (!messages.has(message.id)) messages.set(message.id, message)
  return [{ ...state, messages }, given.map((message) => messages.get(message.id) ?? message)]
}

function extended(runId: string, log: readonly LogPage[], pages: readonly LogPage[]): readonly LogPage[] {
  const all = [...log]
  for (const page of pages) {
    const last = all.at(-1)
    const next = last === undefined ? 1 : last.first + last.count
    if (page.first !== next) {
      throw new BraidError('invalid_request', `Expected ${next} to go on with in ${runId}; got ${page.first}.`)
    }
    all.push(page)
  }
  return all
}

/** A function is what this store cannot keep. */
function asKept(operation: OperationRecord): OperationRecord {
  const { outcome } = operation
  if (outcome?.status !== 'completed' || typeof outcome.result !== 'function') return operation
  return { ...operation, lost: true, outcome: { ...outcome, result: undefined } }
}

function duplicate(name: string): BraidError {
  return new BraidError('duplicate_branch', `There is a branch ${name}.`)
}
