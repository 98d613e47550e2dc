import type { Chunk, Message, ModelRequest } from '@braid/core'
import { Toolbox } from '../tools/toolbox.ts'
import { windowed } from '../windows/window.ts'
import type { Prompted } from './kind.ts'
import { calledTools, type LeftStep } from './left-step.ts'
import { type Asked, instructionOf } from './prompt.ts'
import { type Opening, openingOf, type Thread } from './thread.ts'

/** What is sent, and what was heard while it was made: the ends of the model calls for summaries. */
interface Prompt {
  readonly request: ModelRequest
  readonly heard: readonly Chunk[]
}

/** What one turn sends, each time it asks. This is the one place where that is made, also for who only wants to see it. */
export class Prompting {
  readonly toolbox: Toolbox
  /** What earlier attempts of this turn left. */
  readonly left: readonly LeftStep[]
  /** Those of them that it goes on from. */
  readonly kept: readonly LeftStep[]
  readonly #context: Prompted
  readonly #params: Asked
  readonly #opening: Opening

  private constructor(context: Prompted, params: Asked, opening: Opening) {
    this.toolbox = new Toolbox(params.tools ?? [], (name) => context.tool(name), context.branch)
    this.left = opening.left
    this.kept = opening.left.filter((step) => step.whole && calledTools(step))
    this.#context = context
    this.#params = params
    this.#opening = opening
  }

  /** Reads the conversation; writes nothing. */
  static async begin(context: Prompted, params: Asked, thread: Thread): Promise<Prompting> {
    const opening = await openingOf(thread, context.turn, () => instructionOf(context, params))
    return new Prompting(context, params, opening)
  }

  /** Puts the instruction on the thread, where no earlier attempt did. */
  async write(thread: Thread): Promise<void> {
    const { instruction, written } = this.#opening
    if (written) return
    await thread.append(instruction)
    this.#context.turn.instructionId = instruction.id
  }

  /** What was said since the instruction, as this attempt begins. */
  get said(): readonly Message[] {
    return this.kept.flatMap((step) => step.messages)
  }

  /** `said`: what is sent behind the instruction. */
  async request(said: readonly Message[]): Promise<Prompt> {
    const { history, instruction } = this.#opening
    const { branch, summaries, signal } = this.#context
    const { output, window = branch?.window ?? 'all' } = this.#params
    const { offered } = this.toolbox
    const turn = [instruction, ...said]
    const heard: Chunk[] = []
    const sent = await windowed(window, history, turn, summaries, heard, signal)
    return {
      request: {
        messages: [...sent, ...turn],
        ...(offered.length === 0 ? {} : { tools: offered }),
        ...(output === undefined ? {} : { output }),
      },
      heard,
    }
  }
}

/** The first request of a turn. */
export async function previewTurn(context: Prompted, params: Asked, thread: Thread): Promise<ModelRequest> {
  const prompting = await Prompting.begin(context, params, thread)
  return (await prompting.request(prompting.said)).request
}
