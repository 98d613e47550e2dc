import { BraidError, newId } from '@braid/core'
import { type Plan, resolvePlan } from '../builder/plan.ts'
import { LiveSource } from './live-source.ts'
import { Members } from './members.ts'
import type { FlowOptions } from './options.ts'
import { Readers } from './readers.ts'
import { Run } from './run.ts'
import { RunHandle } from './run-handle.ts'

/** The run of a plan, looked up when it is first asked for and begun when it is first read. */
export class PlanSource extends LiveSource {
  readonly runId: string
  begun = false
  readonly readers: Readers
  readonly #plan: Plan
  readonly #options: FlowOptions
  readonly #attended: boolean
  #members: Members | undefined
  #handle: RunHandle | undefined

  constructor(plan: Plan, options: FlowOptions, attended: boolean) {
    const readers = new Readers(() => {
      return this.members().run.cancel(new BraidError('cancelled', 'the last reader left the run'))
    })
    super({ readers, coalesce: options.coalesce, replays: false })
    this.readers = readers
    this.runId = newId()
    this.#plan = plan
    this.#options = options
    this.#attended = attended
  }

  members(): Members {
    if (!this.#members) {
      const plan = resolvePlan(this.#plan, this.#options.fresh === true)
      this.#members = new Members(plan, new Run(this.runId, plan, this.#options, this.#attended))
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
