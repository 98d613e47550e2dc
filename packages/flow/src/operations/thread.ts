import type { Message } from '@braid/core'
import type { Branch } from '../session/branch.ts'
import type { BuiltInContext, Turn } from './kind.ts'
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
  /** What earlier attempts left behind the instruction. */
  readonly left: readonly LeftStep[]
}

/** Reads the conversation, and writes the instruction where no earlier attempt did. */
export async function open(thread: Thread, { turn }: BuiltInContext, make: () => Message): Promise<Opening> {
  const messages = await thread.messages()
  const asked = messages.findIndex((message) => message.id === turn.instructionId)
  const instruction = messages[asked]
  if (instruction)
    return { history: conversation(messages.slice(0, asked)), instruction, left: stepsOf(messages, asked + 1) }
  const made = make()
  await thread.append(made)
  turn.instructionId = made.id
  return { history: conversation(messages), instruction: made, left: [] }
}
