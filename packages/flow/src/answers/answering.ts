import { isDeepStrictEqual } from 'node:util'
import { type AssistantContent, BraidError, type Chunk, Message, type ModelChunk, type Schema } from '@braid/core'
import { Held } from './held.ts'
import { ObjectStage, objectChunk } from './object-stage.ts'
import { type Read, readAnswer } from './read-answer.ts'
import type { Issue } from '@braid/core'

/** How an answer becomes a value. */
export interface AnsweringParams<T> {
  readonly output: Schema<T>
  readonly repair?: number
  readonly show?: 'live' | 'valid'
}

/** What became of one answer, and what is shown of it still. `again`: the model is asked once more, with these behind the conversation. */
export type Verdict<T> = { readonly show: readonly Chunk[] } & (
  | { readonly type: 'valid'; readonly value: T }
  | { readonly type: 'again'; readonly messages: readonly Message[] }
  | { readonly type: 'invalid'; readonly error: BraidError }
)

/**
 * One structured answer in the making: what of each model call is shown, and whether what it said is the value. Per model call, `push` its
 * batches, then `end` with its message, or `skip` where it was no answer. One that does not fit may be asked for again, `repair` times.
 */
export class Answering<T> {
  readonly #params: AnsweringParams<T>
  #left: number
  #stage: ObjectStage
  readonly #held: Held | undefined

  constructor(params: AnsweringParams<T>) {
    this.#params = params
    this.#left = params.repair ?? 0
    this.#stage = new ObjectStage(params.output)
    this.#held = params.show === 'valid' ? new Held() : undefined
  }

  /** What of a batch is shown now, with the object as it has grown. */
  push(batch: readonly ModelChunk[]): readonly Chunk[] {
    const grown = this.#stage.push(batch)
    return this.#held ? this.#held.push(grown) : grown
  }

  /** The call was no answer, such as one that only called tools: what was kept of it. */
  skip(): readonly Chunk[] {
    this.#stage = new ObjectStage(this.#params.output)
    return this.#held?.release() ?? []
  }

  async end(message: Message<AssistantContent>): Promise<Verdict<T>> {
    const cut = message.content.finishReason === 'length'
    const read = await readAnswer(message.text, this.#params.output, { cut })
    if ('value' in read) {
      const last = isDeepStrictEqual(read.json, this.#stage.shown) ? [] : [objectChunk(read.json)]
      return { type: 'valid', value: read.value, show: [...(this.#held?.release() ?? []), ...last] }
    }
    const show = this.#held?.drop() ?? []
    const error = errorOf(read, message)
    if (this.#left === 0 || refused(message)) return { type: 'invalid', error, show }
    this.#left -= 1
    this.#stage = new ObjectStage(this.#params.output)
    return { type: 'again', messages: complaint(message, read.issues), show }
  }
}

/** Asking again does not change a mind. */
function refused(message: Message<AssistantContent>): boolean {
  return message.text === '' && message.content.parts.some((part) => part.type === 'refusal')
}

function errorOf(
  read: Extract<Read<unknown>, { readonly error: BraidError }>,
  message: Message<AssistantContent>,
): BraidError {
  if (refused(message)) {
    return new BraidError(
      'invalid_output',
      'the model refused to answer; what it said is in the `partial` of the outcome',
    )
  }
  if (message.content.finishReason !== 'length') return read.error
  return new BraidError(
    'invalid_output',
    `${read.error.message}; the answer was cut off at the model's limit of tokens: raise maxTokens, or ask for less`,
    { issues: read.issues },
  )
}

/** The answer, and what was wrong with it. An empty answer is left out: no provider takes one. */
function complaint(message: Message<AssistantContent>, issues: readonly Issue[]): readonly Message[] {
  const listed = issues.slice(0, 20).map(({ path, message: told }) => `- ${path === '' ? 'the whole' : path}: ${told}`)
  const short = message.content.finishReason === 'length' ? ' Be shorter: it was cut off.' : ''
  const again = Message.instruction(
    `Your answer does not fit what was asked for:\n${listed.join('\n')}\n\nAnswer again with the whole of it, corrected, as JSON and nothing else.${short}`,
  )
  return message.text.trim() === '' ? [again] : [message, again]
}
