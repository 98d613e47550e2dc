import { insideOf } from '../builder/group.ts'
import type { Node } from '../builder/node.ts'
import { BranchLines } from './branch-lines.ts'
import { Queue } from './queue.ts'
import { Slots } from './slots.ts'
import {
  countEdges,
  deadParent,
  doomedBy,
  type Ended,
  frees,
  newTask,
  OVER,
  READY,
  RUNNING,
  type Skip,
  type Task,
  WAITING,
} from './task.ts'

const NOBODY: readonly Task[] = []

/** What the scheduler asks of the run. Operations are known by their place: the order in which they were added to the run. */
export interface SchedulerHost {
  /** Begins it now. It ends with {@link Scheduler.ended}. */
  start(place: number): void
  /** Records these as skipped, in this order, and reports each with {@link Scheduler.ended}. */
  skip(skips: readonly Skip[]): void
  /** Whether its own condition lets it run. Undefined when it could not say: {@link Scheduler.ended} was or will be called. */
  condition(place: number): boolean | undefined
  /** True when its branches are free at once; else {@link Scheduler.granted} is called when they are. */
  takeTurn(place: number): boolean
  /** All that was inside of a group that has begun has ended. */
  emptied(group: number): void
  hasRoom(): boolean
  /** Set when others should have a turn of the event loop first. */
  pause(): Promise<void> | undefined
}

/**
 * Starts each operation as soon as its edges are satisfied, its branches are free, and there is a slot and room. It counts, and does
 * nothing else. Operations can be added while it works: those that are inside of a group which has begun.
 *
 * Invariants: an operation is ready when it has no unmet condition, those of branch order and of its group included, and its branches' turn
 * has come, so whoever takes a slot needs nothing more to run; a group takes no slot, and one that listens to another has that one's;
 * nothing recurses, however long the chain.
 */
export class Scheduler {
  readonly #host: SchedulerHost
  readonly #slots: Slots
  readonly #tasks: Task[] = []
  readonly #byNode = new Map<Node, Task>()
  readonly #branches = new BranchLines()
  /** Those that need a slot, and those that need none. */
  readonly #ready = new Queue<Task>()
  readonly #free = new Queue<Task>()
  #left = 0
  #halted = false
  #stopped = false
  #busy = false

  constructor(nodes: readonly Node[], host: SchedulerHost, concurrency: number) {
    this.#host = host
    this.#slots = new Slots(concurrency)
    this.#enter(nodes)
  }

  /** How many have not ended. */
  get left(): number {
    return this.#left
  }

  /** Begins with what waits for nothing. */
  start(): void {
    for (const task of this.#tasks) if (task.unmet === 0) this.#satisfied(task)
    this.go()
  }

  /** Adds what was built inside of groups that have begun, and what is inside of that; to be followed by {@link go}. */
  add(nodes: readonly Node[]): void {
    const tasks = this.#enter(nodes)
    // What needs a thing that did not complete is doomed where it stands.
    const skips = tasks.flatMap((task) => this.#doomedAlready(task))
    for (const task of tasks) if (task.unmet === 0) this.#satisfied(task)
    if (skips.length > 0) this.#host.skip(skips)
  }

  /** The place of an operation of this run. */
  placeOf(node: Node): number | undefined {
    return this.#byNode.get(node)?.place
  }

  /** Those that are directly before it in the lines of its branches; they may have ended. */
  ahead(place: number): Iterable<readonly [place: number, branch: string]> {
    return this.#branches.ahead(place)
  }

  /** The place of the operation whose failure or condition kept this one, which has ended, from completing. */
  causeOf(place: number): number {
    return this.#task(place).because
  }

  /** Its branches' turn has come. */
  granted(place: number): void {
    this.#becomeReady(this.#task(place))
    this.go()
  }

  /** It has said something: who listens to it may start. */
  spoke(place: number): void {
    const task = this.#task(place)
    if (task.spoke) return
    task.spoke = true
    for (const listener of task.listeners ?? NOBODY) if (listener.state === WAITING) this.#satisfy(listener)
    this.go()
  }

  /** A group has begun: what is inside of it may start. */
  opened(place: number): void {
    const group = this.#task(place)
    group.opened = true
    for (const task of this.#members(group)) if (task.state === WAITING) this.#satisfy(task)
    if (group.inside === 0) this.#host.emptied(place)
    this.go()
  }

  /** Its slot is somebody else's while it waits for one that has not started, or for a person; {@link resume} takes one again, free or not. */
  park(place: number): void {
    if (this.#slots.park(place)) this.go()
  }

  resume(place: number): void {
    this.#slots.resume(place)
  }

  /** Starts what is ready while there are slots and room. To be called whenever one of them is freed. */
  go(): void {
    if (this.#busy) return
    this.#busy = true
    for (let task = this.#peek(); task; task = this.#peek()) {
      if (this.#halted || !this.#host.hasRoom()) break
      const pause = this.#host.pause()
      if (pause) {
        void pause.then(() => {
          this.#busy = false
          this.go()
        })
        return
      }
      this.#begin(this.#shift(task))
    }
    this.#busy = false
  }

  /** Nothing starts any more; what an end dooms is still skipped. */
  halt(): void {
    this.#halted = true
  }

  /** Nothing starts, and nothing is skipped, any more. */
  stop(): void {
    this.#halted = true
    this.#stopped = true
  }

  /** The places of what has neither started nor been skipped. */
  unstarted(): number[] {
    return this.#tasks.filter(({ state }) => state === WAITING || state === READY).map(({ place }) => place)
  }

  /** Keeps one that has not started from starting; {@link ended} is still to be called. False when it is too late for that. */
  withdraw(place: number): boolean {
    const task = this.#task(place)
    if (task.state !== WAITING && task.state !== READY) return false
    task.state = OVER
    return true
  }

  /**
   * An operation has ended, and its end was shown: frees its slot, and its children may go, or never will. `because` is the root cause where
   * that is another.
   */
  ended(place: number, how: Ended, because?: number): void {
    const task = this.#task(place)
    if (task.state === RUNNING && task.node.kind.type !== 'group') {
      this.#slots.leave(place, (rider) => this.#tasks[rider]?.state === RUNNING)
    }
    task.state = OVER
    task.how = how
    if (because !== undefined) task.because = because
    this.#left -= 1
    // What one that was doomed dooms itself was doomed together with it.
    const skips = how === 'completed' || task.doomed || this.#stopped ? [] : this.#doom(task, task.because)
    for (const child of task.children ?? NOBODY) {
      if (child.state === WAITING && frees(child, how)) this.#satisfy(child)
    }
    if (!task.spoke) {
      task.spoke = true
      for (const listener of task.listeners ?? NOBODY) {
        if (listener.state === WAITING && (how === 'completed' || listener.node.join === 'settled'))
          this.#satisfy(listener)
      }
    }
    this.#branches.ended(place, (next) => this.#satisfy(this.#task(next)))
    if (skips.length > 0) this.#host.skip(skips)
    if (task.group) this.#leaveGroup(task.group)
    this.go()
  }

  #leaveGroup(group: Task): void {
    group.inside -= 1
    if (group.inside === 0 && group.state === RUNNING) this.#host.emptied(group.place)
  }

  #enter(nodes: readonly Node[]): readonly Task[] {
    const tasks: Task[] = []
    for (const node of nodes) {
      const task = newTask(node, this.#tasks.length, node.inside && this.#byNode.get(node.inside))
      tasks.push(task)
      this.#tasks.push(task)
      this.#byNode.set(node, task)
      if (task.group) task.group.inside += 1
    }
    this.#left += tasks.length
    this.#lineUp(tasks)
    for (const task of tasks) this.#count(task)
    return tasks
  }

  /** Into the lines of their branches, those inside of each group for themselves. */
  #lineUp(tasks: readonly Task[]): void {
    if (
      !tasks.some(({ group, node }) => group !== undefined || node.kind.type === 'group' || node.branch !== undefined)
    )
      return
    const levels = new Map<number, Node[]>()
    for (const { node, group } of tasks) {
      const level = levels.get(group?.place ?? -1)
      if (level) level.push(node)
      else levels.set(group?.place ?? -1, [node])
    }
    for (const [group, nodes] of levels) this.#branches.add(nodes, group, (node) => this.placeOf(node) as number)
  }

  #count(task: Task): void {
    countEdges(task, this.#find)
    task.unmet += this.#branches.waits(task.place)
    if (task.group && !task.group.opened) task.unmet += 1
  }

  /** Where what it needs had ended without completing before it was added: it, and what that dooms. */
  #doomedAlready(task: Task): readonly Skip[] {
    const dead = task.state === WAITING ? deadParent(task, this.#find) : undefined
    if (!dead) return []
    const { because } = dead
    task.state = OVER
    task.doomed = true
    task.because = because
    return [{ place: task.place, because }, ...this.#doom(task, because)]
  }

  #satisfy(task: Task): void {
    task.unmet -= 1
    if (task.unmet === 0) this.#satisfied(task)
  }

  #satisfied(task: Task): void {
    if (task.state === WAITING && this.#host.takeTurn(task.place)) this.#becomeReady(task)
  }

  #becomeReady(task: Task): void {
    if (task.state !== WAITING) return
    task.state = READY
    const queue = task.node.kind.type === 'group' || this.#speaker(task) ? this.#free : this.#ready
    queue.push(task)
  }

  /** One that it listens to and that runs now, whose slot it shares. */
  #speaker({ node, listens }: Task): Task | undefined {
    if (!listens) return undefined
    for (const { from, type } of node.parents) {
      const parent = type === 'stream' ? this.#byNode.get(from) : undefined
      if (parent?.state === RUNNING) return parent
    }
    return undefined
  }

  /** Who may start next, if anyone may. */
  #peek(): Task | undefined {
    for (let task = this.#free.peek(); task; task = this.#free.peek()) {
      if (task.node.kind.type === 'group' || this.#speaker(task)) return task
      // Whoever it listened to has ended before it could start: it needs a slot of its own.
      this.#free.shift()
      this.#ready.push(task)
    }
    return this.#slots.free ? this.#ready.peek() : undefined
  }

  #shift(task: Task): Task {
    const queue = this.#free.peek() === task ? this.#free : this.#ready
    queue.shift()
    return task
  }

  #begin(task: Task): void {
    if (task.state !== READY) return
    const { place } = task
    task.state = OVER
    const may = this.#host.condition(place)
    if (may) {
      task.state = RUNNING
      const speaker = this.#speaker(task)
      if (speaker) this.#slots.ride(place, speaker.place)
      else if (task.node.kind.type !== 'group') this.#slots.take()
      this.#host.start(place)
    } else if (may === false) {
      task.doomed = true
      this.#host.skip([{ place, because: place }, ...this.#doom(task, place)])
    }
  }

  #doom(task: Task, because: number): readonly Skip[] {
    return doomedBy(task, because, (group) => this.#members(group))
  }

  #members(group: Task): readonly Task[] {
    return Array.from(insideOf(group.node), (node) => this.#byNode.get(node)).filter(
      (task) => task?.group === group,
    ) as Task[]
  }

  readonly #find = (node: Node): Task | undefined => this.#byNode.get(node)

  #task(place: number): Task {
    return this.#tasks[place] as Task
  }
}
