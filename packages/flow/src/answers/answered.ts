import type { AssistantContent, Message, ModelRequest } from '@braid/core'
import type { BuiltInContext, Said } from '../operations/kind.ts'
import { Answering, type AnsweringParams } from './answering.ts'

/** A structured answer: the value, and the message that it came in. */
export interface Answered<T> {
  readonly message: Message<AssistantContent>
  readonly value: T
}

/**
 * Asks for a structured answer until it is one, or until it was asked for often enough: says what is to be shown, and returns the value.
 * Throws `invalid_output` by path. Each try is a model call with the conversation, the last answer and what was wrong with it.
 */
export async function* answered<T>(
  context: Pick<BuiltInContext, 'ask'>,
  request: ModelRequest,
  params: AnsweringParams<T>,
): AsyncGenerator<Said, Answered<T>> {
  const answering = new Answering(params)
  let more: readonly Message[] = []
  for (;;) {
    const messages = more.length === 0 ? request.messages : [...request.messages, ...more]
    const stream = context.ask({ ...request, messages, output: params.output })
    for await (const batch of stream.batches()) {
      const shown = answering.push(batch)
      if (shown.length > 0) yield shown
    }
    const message = await stream.response
    const verdict = await answering.end(message)
    if (verdict.show.length > 0) yield verdict.show
    if (verdict.type === 'valid') return { message, value: verdict.value }
    if (verdict.type === 'invalid') throw verdict.error
    more = verdict.messages
  }
}
