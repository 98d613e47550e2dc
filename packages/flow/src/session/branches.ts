import { BraidError, type BranchRecord, checkKnown, type Known, type Store } from '@braid/core'
import { type Branch, type BranchOptions, checkBranchOptions, newBranch } from './branch.ts'
import { isDuplicate, withFreeName } from './free-name.ts'
import { StoredBranch } from './stored-branch.ts'

export interface BranchesQuery {
  /** Those that were put away as well. Default: false. */
  archived?: boolean
}

const QUERY = { archived: true } satisfies Known<BranchesQuery>

/** How many branches are the same object when they are looked up again. */
const REMEMBERED = 1_000

/**
 * The branches of a session, made and found. The store is asked each time, since names change hands, also in other processes; whoever looks up a
 * branch twice has one object, as long as it is among the last that were looked up.
 */
export class Branches {
  readonly #store: Store
  /** By id: the last that were looked up. */
  readonly #known = new Map<string, StoredBranch>()

  constructor(store: Store) {
    this.#store = store
  }

  async create(options: BranchOptions): Promise<StoredBranch> {
    checkBranchOptions(options)
    const create = (name: string): Promise<StoredBranch> => this.#create(newBranch(name, options))
    return options.name === undefined ? withFreeName(this.#store, 'branch', create) : create(options.name)
  }

  /** Throws `unknown_branch`, listing those there are. */
  async get(name: string): Promise<StoredBranch> {
    const branch = await this.#find(name)
    if (branch) return branch
    const known = (await this.#store.branches()).slice(0, 20).map((each) => each.name)
    throw new BraidError(
      'unknown_branch',
      `no branch is called "${name}"; there are: ${known.join(', ') || 'none'}; createBranch makes one`,
    )
  }

  async list(query: BranchesQuery): Promise<readonly StoredBranch[]> {
    checkKnown(query, QUERY, { of: 'branches' })
    const records = await this.#store.branches()
    const wanted = query.archived ? records : records.filter(({ archived }) => archived !== true)
    return wanted.map((record) => {
      const branch = this.#known.get(record.id) ?? new StoredBranch(this.#store, record)
      branch.record = record
      return branch
    })
  }

  /** The branch of that name, made when there is none. */
  async ensure(name: string): Promise<StoredBranch> {
    const found = await this.#find(name)
    if (found) return found
    try {
      return await this.#create(newBranch(name))
    } catch (error) {
      // Somebody else made it meanwhile, which is as good.
      const made = isDuplicate(error) ? await this.#find(name) : undefined
      if (made) return made
      throw error
    }
  }

  /** Throws `foreign_branch` for one of another session. */
  own(branch: Branch): StoredBranch {
    if (branch instanceof StoredBranch && branch.store === this.#store) return branch
    throw new BraidError(
      'foreign_branch',
      `branch "${branch.name}" belongs to another session; use one of the builder's own session`,
    )
  }

  async #find(name: string): Promise<StoredBranch | undefined> {
    const record = await this.#store.branch(name)
    return record && this.#remember(record)
  }

  async #create(record: BranchRecord): Promise<StoredBranch> {
    await this.#store.write([{ type: 'branch', branch: record }])
    return this.#remember(record)
  }

  #remember(record: BranchRecord): StoredBranch {
    const branch = this.#known.get(record.id) ?? new StoredBranch(this.#store, record)
    branch.record = record
    this.#known.delete(record.id)
    this.#known.set(record.id, branch)
    for (const [id] of this.#known) {
      if (this.#known.size <= REMEMBERED) break
      this.#known.delete(id)
    }
    return branch
  }
}
