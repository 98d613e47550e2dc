import { Builder as FlowBuilder } from '@braid/flow'
import { Session } from './session.ts'

/**
 * Makes operations and the graph between them. It does no I/O: `flow` and `flowStream` run what it made. Without a session, it has one of
 * its own in memory, where `provider/model` names work.
 *
 * @example
 * const builder = new Builder({ session })
 * const facts = builder.communicate({ name: 'facts', instruction: 'Five facts about bees', imodel: 'openai/gpt-4o-mini' })
 * const quiz = builder.communicate({ name: 'quiz', instruction: 'Make a quiz', contextFrom: facts, imodel: 'anthropic/claude-haiku-4-5' })
 * console.log((await flow(builder)).get(quiz))
 */
export class Builder extends FlowBuilder {
  constructor(options: { session?: Session } = {}) {
    // A session in the place of the options goes on as it is, to the error that says so.
    super(
      (options as object) instanceof Session || options.session !== undefined
        ? options
        : { ...options, session: new Session() },
    )
  }
}
