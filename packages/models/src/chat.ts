import type { MessageLike, Model, ModelStream } from '@braid/core'

/**
 * A conversation put together word by word, for one model. Each call gives a new one, so that a beginning can be used again.
 *
 * @example
 * const polite = model.chat().system('You are polite.')
 * for await (const text of polite.user('Hello').stream().text()) process.stdout.write(text)
 */
export class Chat {
  readonly #model: Model
  readonly #messages: readonly MessageLike[]

  constructor(model: Model, messages: readonly MessageLike[] = []) {
    this.#model = model
    this.#messages = messages
  }

  system(content: string): Chat {
    return this.#with({ role: 'system', content })
  }

  user(content: string): Chat {
    return this.#with({ role: 'user', content })
  }

  assistant(content: string): Chat {
    return this.#with({ role: 'assistant', content })
  }

  /** Asks the model: `invoke` by another name. */
  stream(options: { readonly signal?: AbortSignal } = {}): ModelStream {
    return this.#model.invoke({ messages: this.#messages }, options)
  }

  #with(message: MessageLike): Chat {
    return new Chat(this.#model, [...this.#messages, message])
  }
}
