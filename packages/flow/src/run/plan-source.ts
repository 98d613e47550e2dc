import { BraidError, newId } from '@braid/core'
import { type Plan, resolvePlan } from '../builder/plan.ts'
import type { FlowSource } from './flow-source.ts'
import { LiveSource } from './live-source.ts'
import { Members } from './members.ts'
import { checkOptions, type FlowOptions } from './options.ts'
import { Readers } from './readers.ts'
import type { Resumption } from './resumption.ts'
import { Run } from './run.ts'
import { RunHandle } from './run-handle.ts'

/** A run that this one goes on with, and who reads it. */
export interface Resumed {
  readonly resumption: Resumption
  readonly readers: Readers
}

/** The run of a plan, looked up when it is first asked for and begun when it is first read. */
export class PlanSource extends LiveSource implements FlowSource {
  readonly runId: string
  begun = false
  readonly readers: Readers
  readonly #plan: Plan
  readonly #options: FlowOptions
  readonly #attended: boolean
  readonly #resumption: Resumption | undefined
  #members: Members | undefined
  #handle: RunHandle | undefined

  /** Misuse throws here; the plan is looked up again when the run begins. `attended`: whether somebody can answer a call that asks for approval. */
  constructor(plan: Plan, options: FlowOptions, attended: boolean, resumed?: Resumed) {
    checkOptions(options)
    resolvePlan(plan, options.fresh === true)
    const readers =
      resumed?.readers ??
      new Readers(() => {
        return this.members().run.cancel(new BraidError('cancelled', 'the last reader left the run'))
      })
    super({ readers, coalesce: options.coalesce, replays: false })
    this.readers = readers
    this.runId = resumed?.resumption.record.id ?? newId()
    this.#plan = plan
    this.#options = options
    this.#attended = attended
    this.#resumption = resumed?.resumption
  }

  members(): Members {
    if (!this.#members) {
      const plan = resolvePlan(this.#plan, this.#options.fresh === true)
      const run = new Run(this.runId, plan, this.#options, this.#attended, this.#resumption)
      this.#members = new Members(plan, run)
    }
    return this.#members
  }

  begin(): Members {
    const members = this.members()
    this.begun = true
    this.#list(members)
    void members.run.start()
    return members
  }

  detach(): RunHandle {
    const members = this.members()
    this.begun = true
    setImmediate(() => void members.run.start())
    return this.#list(members)
  }

  /** From now on its session knows it. */
  #list(members: Members): RunHandle {
    if (!this.#handle) {
      this.#handle = new RunHandle(members, this.#options)
      members.plan.session.runs.add(this.#handle)
    }
    return this.#handle
  }
}
