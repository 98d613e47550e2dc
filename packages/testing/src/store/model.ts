import { type BranchRecord, type Change, type ErrorCode, Message, type MessageQuery, newId } from '@braid/core'

interface ModelBranch {
  readonly record: BranchRecord
  /** Its messages, the system message not among them. */
  readonly list: readonly Message[]
}

/** A question about a branch, and its answer. */
interface Question {
  readonly branchId: string
  readonly query: MessageQuery
  readonly ids: readonly string[]
  readonly length: number
}

/** The model of a store: every branch is a whole list of its own, copied when it is forked. What is done to it is up to chance. */
export class StoreModel {
  readonly #next: () => number
  readonly #said: Message[] = []
  #branches: readonly ModelBranch[] = []
  #names = 0

  constructor(next: () => number) {
    this.#next = next
  }

  branches(): readonly BranchRecord[] {
    return this.#branches.map(({ record }) => record)
  }

  /** Something to do, in the terms of what is there by now. */
  step(): Change[] {
    const branch = this.#pick()
    const kind = this.#below(11)
    if (branch === undefined || kind === 0) return [this.#branch()]
    const { id: branchId, name } = branch.record
    switch (kind) {
      case 1:
      case 2:
        return [this.#branch({ id: branchId, at: this.#below(13) })]
      case 3: {
        const lost = { type: 'append', branchId, messages: [Message.instruction('m')] } as const
        return [this.#branch(), lost, { ...lost, length: this.#below(8) }]
      }
      case 4:
        return [{ type: 'branch-name', branchId, name: this.#below(2) === 0 ? this.#name() : this.#anyName() }]
      case 5:
        return [{ type: 'branch-archived', branchId, archived: this.#below(2) === 0 }]
      case 6:
        return [{ type: 'branch-system', branchId, ...(this.#below(2) === 0 ? {} : { system: Message.system('t') }) }]
      case 7:
        // Whether it is there again depends on the rest of the write.
        return [{ type: 'branch-deleted', branchId }, ...(this.#below(3) === 0 ? [this.#branch(), this.#taken()] : [])]
      case 8:
        return [
          { type: 'branch-deleted', branchId },
          { type: 'branch', branch: { id: newId(), name, createdAt: new Date() } },
        ]
      default:
        return [{ type: 'append', branchId, messages: this.#messages() }]
    }
  }

  /** The code of the error that writing must fail with, if it must. */
  write(changes: readonly Change[]): ErrorCode | undefined {
    let next = this.#branches
    const replace = (old: ModelBranch, record: BranchRecord, list = old.list) => {
      next = next.map((each) => (each === old ? { record, list } : each))
    }
    for (const change of changes) {
      if (change.type === 'branch') {
        const { id, name, parent } = change.branch
        if (next.some(({ record }) => record.name === name || record.id === id)) return 'duplicate_branch'
        const past = next.find(({ record }) => record.id === parent?.id)?.list ?? []
        if (parent !== undefined && parent.at > past.length) return 'unknown_message'
        next = [...next, { record: change.branch, list: past.slice(0, parent?.at ?? 0) }]
        continue
      }
      if (!('branchId' in change)) continue
      const branch = next.find(({ record }) => record.id === change.branchId)
      if (branch === undefined) return 'unknown_branch'
      const { record, list } = branch
      if (change.type === 'append') {
        if (change.length !== undefined && change.length !== list.length) return 'branch_moved'
        replace(branch, record, [...list, ...change.messages])
      } else if (change.type === 'branch-name') {
        if (next.some((each) => each !== branch && each.record.name === change.name)) return 'duplicate_branch'
        replace(branch, { ...record, name: change.name })
      } else if (change.type === 'branch-archived') {
        const { archived: _, ...rest } = record
        replace(branch, change.archived ? { ...rest, archived: true } : rest)
      } else if (change.type === 'branch-system') {
        const { system: _, ...rest } = record
        replace(branch, change.system === undefined ? rest : { ...rest, system: change.system })
      } else {
        next = next.filter((each) => each !== branch)
      }
    }
    this.#branches = next
    return undefined
  }

  /** About some branch, with messages named by their places in it. */
  question(): Question | undefined {
    const branch = this.#pick()
    if (branch === undefined) return undefined
    const { id, system } = branch.record
    const ids = [...(system === undefined ? [] : [system]), ...branch.list].map((message) => message.id)
    const place = (): string | undefined => (this.#below(2) === 0 ? undefined : ids[this.#below(ids.length)])
    const last = this.#below(2) === 0 ? undefined : this.#below(9)
    const [before, after] = [place(), place()]
    const upto = before === undefined ? ids.length : ids.lastIndexOf(before)
    const from = after === undefined ? 0 : ids.lastIndexOf(after) + 1
    const range = ids.slice(from, Math.max(from, upto))
    return {
      branchId: id,
      query: {
        ...(last === undefined ? {} : { last }),
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
      ids: last === undefined ? range : range.slice(Math.max(0, range.length - last)),
      length: branch.list.length,
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#next() * limit)
  }

  #pick(): ModelBranch | undefined {
    return this.#branches[this.#below(this.#branches.length)]
  }

  #name(): string {
    this.#names++
    return `branch-${this.#names}`
  }

  #anyName(): string {
    return this.#pick()?.record.name ?? this.#name()
  }

  #branch(parent?: BranchRecord['parent']): Change {
    const branch = { id: newId(), name: this.#name(), createdAt: new Date() }
    return {
      type: 'branch',
      branch: {
        ...branch,
        ...(parent === undefined ? {} : { parent }),
        ...(this.#below(2) === 0 ? { system: Message.system('s') } : {}),
      },
    }
  }

  /** A branch with the name of one that is there, or was a moment ago. */
  #taken(): Change {
    return { type: 'branch', branch: { id: newId(), name: this.#anyName(), createdAt: new Date() } }
  }

  #messages(): readonly Message[] {
    const old = this.#said[this.#below(this.#said.length * 2)]
    const fresh = Array.from({ length: this.#below(5) }, () => Message.instruction('m'))
    this.#said.push(...fresh)
    return old === undefined ? fresh : [old, ...fresh]
  }
}
