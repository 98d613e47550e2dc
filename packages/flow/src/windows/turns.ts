import type { Message } from '@braid/core'
import { stepsOf } from '../operations/left-step.ts'

/** An instruction and what followed it, step by step. Only a conversation that begins otherwise has a turn without an instruction. */
interface ConversationTurn {
  readonly instruction: readonly Message[]
  readonly steps: readonly (readonly Message[])[]
}

export function turnsOf(talk: readonly Message[]): readonly ConversationTurn[] {
  const turns: ConversationTurn[] = []
  for (let at = 0; at < talk.length; ) {
    const first = talk[at] as Message
    const instruction = first.role === 'user' ? [first] : []
    const steps = stepsOf(talk, at + instruction.length).map(({ messages }) => messages)
    turns.push({ instruction, steps })
    at += instruction.length + steps.reduce((sum, messages) => sum + messages.length, 0)
  }
  return turns
}

export function messagesOf({ instruction, steps }: ConversationTurn): readonly Message[] {
  return [...instruction, ...steps.flat()]
}

/**
 * The last turns that fit into the budget; of the first that does not, its instruction and its last steps, if that fits. So nothing is cut that
 * belongs together, and what is kept begins as a provider wants a conversation to begin.
 */
export function lastFitting(
  talk: readonly Message[],
  cost: (message: Message) => number,
  budget: number,
): readonly Message[] {
  const sum = (messages: readonly Message[]): number => messages.reduce((total, message) => total + cost(message), 0)
  const kept: (readonly Message[])[] = []
  let room = budget
  for (const turn of turnsOf(talk).toReversed()) {
    const price = sum(messagesOf(turn))
    if (price <= room) {
      kept.unshift(messagesOf(turn))
      room -= price
      continue
    }
    room -= sum(turn.instruction)
    const steps: (readonly Message[])[] = []
    for (const step of turn.steps.toReversed()) {
      room -= sum(step)
      if (room < 0) break
      steps.unshift(step)
    }
    if (steps.length > 0) kept.unshift([...turn.instruction, ...steps.flat()])
    break
  }
  return kept.flat()
}
