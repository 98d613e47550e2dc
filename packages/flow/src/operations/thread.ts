import type { Message } from '@braid/core'
import type { Branch } from '../session/branch.ts'
import type { Turn } from './kind.ts'
import { conversation, type LeftStep, stepsOf } from './left-step.ts'

/** Where a turn is written: a branch, or for what has none, a list of its own. */
export type Thread = Pick<Branch, 'messages' | 'append'>

/** For what leaves no history: what its attempts said, for the next one to go on from. Each attempt has its own, so that one that is over changes nothing. */
export class LooseThread implements Thread {
  readonly #messages: Message[]

  constructor(turn: Turn) {
    this.#messages = [...(turn.messages ?? [])]
    turn.messages = this.#messages
  }

  async messages(): Promise<readonly Message[]> {
    return [...this.#messages]
  }

  async append(...messages: Message[]): Promise<void> {
    this.#messages.push(...messages)
  }
}

/** A turn as it begins. */
export interface Opening {
  /** What is sent before the instruction. */
  readonly history: readonly Message[]
  readonly instruction: Message
  /** Whether the instruction is on the thread: an earlier attempt wrote it. */
  readonly written: boolean
  /** What earlier attempts left behind the instruction. */
  readonly left: readonly LeftStep[]
}

/** Reads the conversation, and makes the instruction where no earlier attempt did. Writes nothing. */
export async function openingOf(thread: Thread, { instructionId }: Turn, make: () => Message): Promise<Opening> {
  const messages = await thread.messages()
  const asked = messages.findIndex((message) => message.id === instructionId)
  const instruction = messages[asked]
  if (!instruction) return { history: conversation(messages), instruction: make(), written: false, left: [] }
  const history = conversation(messages.slice(0, asked))
  return { history, instruction, written: true, left: stepsOf(messages, asked + 1) }
}
