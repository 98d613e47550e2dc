import type { Node } from '../builder/node.ts'

export type Ended = 'completed' | 'failed' | 'skipped' | 'cancelled'

export interface Skip {
  readonly place: number
  /** The place of the operation whose failure, cancellation or condition is the root cause. */
  readonly because: number
}

export const WAITING = 0
export const READY = 1
export const RUNNING = 2
export const OVER = 3

/** One operation, as the scheduler knows it. */
export interface Task {
  readonly node: Node
  readonly place: number
  /** The group that it is inside of. */
  readonly group: Task | undefined
  state: typeof WAITING | typeof READY | typeof RUNNING | typeof OVER
  /** How many conditions are still to be met. */
  unmet: number
  /** Parents that may still complete: when none is left and none has, `join: 'any'` never will. */
  hopes: number
  /** Whether a parent of a `join: 'any'` has completed. */
  met: boolean
  /** Whether it waits for somebody's first chunk. */
  listens: boolean
  /** Those that wait for its end, as their join says. */
  children: Task[] | undefined
  /** Those that wait for its first chunk. */
  listeners: Task[] | undefined
  /** Whether it has said something, or can no more. */
  spoke: boolean
  /** Whether what is inside of it may start. */
  opened: boolean
  /** Those inside of it that have not ended. */
  inside: number
  /** Skipped by the scheduler itself, with all that this dooms. */
  doomed: boolean
  how: Ended | undefined
  /** The place of the root cause, where it did not complete. */
  because: number
}

export function newTask(node: Node, place: number, group: Task | undefined): Task {
  return {
    node,
    place,
    group,
    state: WAITING,
    unmet: 0,
    hopes: 0,
    met: false,
    listens: false,
    children: undefined,
    listeners: undefined,
    spoke: false,
    opened: false,
    inside: 0,
    doomed: false,
    how: undefined,
    because: place,
  }
}

/**
 * Counts what it waits for, and has it told when that comes. Of what has ended already, only what completed, or a join that is settled
 * with it, is met. `find` knows those of this run; others have completed in an earlier one.
 */
export function countEdges(task: Task, find: (node: Node) => Task | undefined): void {
  const { join, parents } = task.node
  let open = 0
  let hopes = 0
  for (const { from, type } of parents) {
    const parent = find(from)
    if (type === 'stream') {
      task.listens = true
      if (!parent || parent.spoke) continue
      parent.listeners ??= []
      parent.listeners.push(task)
      task.unmet += 1
    } else if (parent === undefined || parent.how === 'completed') task.met = true
    else if (parent.how === undefined) {
      parent.children ??= []
      parent.children.push(task)
      open += 1
      // The end of one that is doomed is on its way.
      if (!parent.doomed) hopes += 1
    }
  }
  task.hopes = hopes
  task.unmet += join !== 'any' ? open : open > 0 && !task.met ? 1 : 0
}

/** A parent that had ended without completing, or was doomed to, before this one was added, and because of which it can never start. */
export function deadParent(task: Task, find: (node: Node) => Task | undefined): Task | undefined {
  const { join, parents } = task.node
  if (join === 'settled') return undefined
  const hopes = join === 'any' && (task.met || task.hopes > 0)
  for (const { from, type } of parents) {
    const parent = find(from)
    if (!parent) continue
    if (type === 'stream' && parent.doomed) return parent
    if (!hopes && (parent.doomed || (parent.how !== undefined && parent.how !== 'completed'))) return parent
  }
  return undefined
}

/** Whether a parent that ended like this is one condition less. */
export function frees(child: Task, how: Ended): boolean {
  switch (child.node.join) {
    case 'settled':
      return true
    case 'any': {
      const first = how === 'completed' && !child.met
      if (first) child.met = true
      return first
    }
    default:
      return how === 'completed'
  }
}

/** What can never start now that this one has ended without completing, in the order in which that follows. */
export function doomedBy(root: Task, because: number, inside: (group: Task) => readonly Task[]): Skip[] {
  const skips: Skip[] = []
  const doomed = [root]
  const doom = (task: Task): void => {
    task.state = OVER
    task.doomed = true
    task.because = because
    doomed.push(task)
    skips.push({ place: task.place, because })
  }
  for (let index = 0; index < doomed.length; index += 1) {
    const task = doomed[index] as Task
    for (const child of task.children ?? NOBODY) {
      child.hopes -= 1
      if (child.state !== WAITING) continue
      const { join } = child.node
      if (join === 'settled' || (join === 'any' && (child.met || child.hopes > 0))) continue
      doom(child)
    }
    if (!task.spoke) {
      for (const listener of task.listeners ?? NOBODY) {
        if (listener.state === WAITING && listener.node.join !== 'settled') doom(listener)
      }
    }
    if (task.node.kind.type === 'group' && !task.opened) {
      for (const member of inside(task)) if (member.state === WAITING) doom(member)
    }
  }
  return skips
}

const NOBODY: readonly Task[] = []
