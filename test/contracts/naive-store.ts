import { type BranchRecord, type Change, type ErrorCode, Message, type MessageQuery, newId } from '@braid/core'
import type { Step } from './random-history.ts'

interface NaiveBranch {
  readonly record: BranchRecord
  readonly list: readonly Message[]
}

/** The model of a store: every branch is a whole list of its own, copied when it is forked. */
export function naiveStore() {
  let branches: readonly NaiveBranch[] = []
  const said: Message[] = []

  const pick = (index: number) => (branches.length === 0 ? undefined : branches[index % branches.length])
  const newBranch = (system: boolean, parent?: BranchRecord['parent']): Change => ({
    type: 'branch',
    branch: {
      id: newId(),
      name: `branch-${branches.length}`,
      createdAt: new Date(),
      ...(parent === undefined ? {} : { parent }),
      ...(system ? { system: Message.system('s') } : {}),
    },
  })

  /** A step in the terms of what is there by now. */
  function changes(step: Step): Change[] {
    switch (step.type) {
      case 'branch':
        return [newBranch(step.system)]
      case 'fork': {
        const parent = pick(step.parent)
        return parent === undefined ? [] : [newBranch(step.system, { id: parent.record.id, at: step.at })]
      }
      case 'append': {
        const branch = pick(step.branch)
        if (branch === undefined) return []
        const old = step.old === null ? undefined : said[step.old % said.length]
        const fresh = Array.from({ length: step.fresh }, () => Message.instruction('m'))
        said.push(...fresh)
        return [{ type: 'append', branchId: branch.record.id, messages: old === undefined ? fresh : [old, ...fresh] }]
      }
      case 'moved': {
        const branch = pick(step.branch)
        if (branch === undefined) return []
        const branchId = branch.record.id
        const lost = { type: 'append', branchId, messages: [Message.instruction('m')] } as const
        return [newBranch(false), lost, { ...lost, length: step.length }]
      }
      default:
        return step satisfies never
    }
  }

  /** The code of the error that writing must fail with, if it must. */
  function write(all: readonly Change[]): ErrorCode | undefined {
    let next = branches
    for (const change of all) {
      if (change.type === 'branch') {
        const { parent, system } = change.branch
        const from = next.find(({ record }) => record.id === parent?.id)
        const past = from === undefined ? [] : counted(from)
        if (parent !== undefined && parent.at > past.length) return 'unknown_message'
        const list = [...(system === undefined ? [] : [system]), ...past.slice(0, parent?.at ?? 0)]
        next = [...next, { record: change.branch, list }]
      } else if (change.type === 'append') {
        const { branchId, messages, length } = change
        const to = next.find(({ record }) => record.id === branchId)
        if (to === undefined) return 'unknown_branch'
        if (length !== undefined && length !== counted(to).length) return 'branch_moved'
        next = next.map((one) => (one === to ? { ...one, list: [...one.list, ...messages] } : one))
      }
    }
    branches = next
    return undefined
  }

  /** A question about some branch, with messages named by their places in it, and its answer. */
  function query(
    index: number,
    asked: { last: number | undefined; before: number | undefined; after: number | undefined },
  ) {
    const branch = pick(index)
    if (branch === undefined) return undefined
    const ids = branch.list.map((message) => message.id)
    const nth = (place: number | undefined) =>
      place === undefined || ids.length === 0 ? undefined : ids[place % ids.length]
    const { last } = asked
    const [before, after] = [nth(asked.before), nth(asked.after)]
    const upto = before === undefined ? ids.length : ids.lastIndexOf(before)
    const from = after === undefined ? 0 : ids.lastIndexOf(after) + 1
    const range = ids.slice(from, Math.max(from, upto))
    const query: MessageQuery = {
      ...(last === undefined ? {} : { last }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
    return {
      branchId: branch.record.id,
      query,
      ids: last === undefined ? range : range.slice(Math.max(0, range.length - last)),
      length: counted(branch).length,
    }
  }

  return { changes, write, query }
}

function counted({ record, list }: NaiveBranch): readonly Message[] {
  return record.system === undefined ? list : list.slice(1)
}
