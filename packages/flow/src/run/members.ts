import { BraidError, type Operation } from '@braid/core'
import { speaksFor, withInside } from '../builder/group.ts'
import { headsOf, type Resolved } from '../builder/plan.ts'
import type { Lane } from './lane.ts'
import type { Run } from './run.ts'

/** A run and its operations, as whoever reads it calls them: by id, or by the operation itself. */
export class Members {
  readonly run: Run
  readonly plan: Resolved
  readonly #lanes = new Map<string, Lane>()

  constructor(plan: Resolved, run: Run) {
    this.plan = plan
    this.run = run
  }

  /** Undefined for one that completed in an earlier run: it has nothing to say in this one. */
  lane(id: string): Lane | undefined {
    const { lanes } = this.run
    // Lanes are only added, of what is built at run time.
    for (let at = this.#lanes.size; at < lanes.length; at += 1) {
      const lane = lanes[at] as Lane
      this.#lanes.set(lane.operationId, lane)
    }
    return this.#lanes.get(id)
  }

  /** Throws `unknown_operation` and `foreign_operation`. */
  idOf(operation: Operation | string): string {
    const id = typeof operation === 'string' ? operation : operation.id
    const lane = this.lane(id)
    const nodes = lane ? [this.run.nodeOf(lane)] : withInside(this.plan.nodes)
    const node = Array.from(nodes).find((each) => each.operation.id === id)
    if (!node) throw new BraidError('unknown_operation', `no operation "${id}" is part of this run`)
    if (typeof operation === 'string' || node.operation === operation) return id
    throw new BraidError(
      'foreign_operation',
      `operation "${id}" of this run is not the one asked for, which belongs to another builder`,
    )
  }

  /** The ids of those that nothing depends on. */
  get heads(): ReadonlySet<string> {
    return headsOf(this.plan)
  }

  /** Whether what a lane says is what one of these says, which are groups: the text of a group is the text of what it returns. */
  speakingFor(ids: ReadonlySet<string>): (lane: Lane) => boolean {
    const groups = this.plan.open.filter(({ kind, operation }) => kind.type === 'group' && ids.has(operation.id))
    return (lane) => groups.some((group) => speaksFor(this.run.nodeOf(lane), group))
  }
}
