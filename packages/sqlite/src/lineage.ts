import { BraidError } from '@braid/core'
import type { Database } from './driver.ts'
import { versionOf } from './schema.ts'

/** Positions `after < position <= upto` of a branch, which are rows of the branch that owns them. */
export interface Segment {
  readonly owner: number
  readonly after: number
  readonly upto: number
}

interface Ancestor {
  readonly parent: number | null
  readonly shared: number
}

/**
 * Where the messages of a branch are: its own rows, and before them what it shares with its parent, and so on up. Walking up is a loop,
 * one indexed lookup per ancestor, and stops where nothing more is asked for.
 */
export class Lineage {
  readonly #key
  readonly #ancestor
  readonly #last

  constructor(db: Database) {
    // A deleted branch can still own what its forks share with it, and nobody reaches it any more.
    const there = versionOf(db) < 3 ? '' : ' AND deleted = 0'
    this.#key = db.prepare<[string], number>(`SELECT key FROM branches WHERE id = ?${there}`).pluck()
    this.#ancestor = db.prepare<[number], Ancestor>('SELECT parent, shared FROM branches WHERE key = ?')
    this.#last = db.prepare<[number], number | null>('SELECT max(position) FROM entries WHERE branch = ?').pluck()
  }

  /** The key of the branch with this id. Throws `unknown_branch`. */
  key(branchId: string): number {
    const key = this.#key.get(branchId)
    if (key === undefined)
      throw new BraidError(
        'unknown_branch',
        `There is no branch with the id ${branchId} in this store: create it first.`,
      )
    return key
  }

  length(branch: number): number {
    return this.#last.get(branch) ?? this.#above(branch).shared
  }

  /** What makes up the positions `after < position <= upto` of a branch, the nearest first. */
  *segments(branch: number, after: number, upto: number): Generator<Segment> {
    let owner: number | null = branch
    let end = upto
    while (owner !== null && end > after) {
      const { parent, shared } = this.#above(owner)
      if (end > shared) yield { owner, after: Math.max(shared, after), upto: end }
      end = Math.min(end, shared)
      owner = parent
    }
  }

  #above(branch: number): Ancestor {
    return this.#ancestor.get(branch) ?? { parent: null, shared: 0 }
  }
}
