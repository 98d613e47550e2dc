import { abortable, BraidError, type Message, type Model, type ModelChunk } from '@braid/core'

/** How many are remembered, the last that were used. */
const REMEMBERED = 256

/** A summary, and how the model calls ended that were made for it. */
export interface Made {
  readonly text: string
  readonly finishes: readonly ModelChunk[]
}

/** Where an operation gets summaries from. */
export interface SummarySource {
  /** One that was made before. */
  recall(key: string): string | undefined
  /** Has one made, and remembers it by that key. Without a model, by the operation's own. */
  make(key: string, imodel: Model | string | undefined, instruction: Message, signal: AbortSignal): Promise<Made>
}

interface Making {
  readonly made: Promise<Made>
  readonly controller: AbortController
  waiting: number
  /** Whether somebody was told how the model calls ended: they count once. */
  told: boolean
}

/**
 * The summaries of one session, in memory, by what they sum up. One that several operations want at once is made once; it is given up when
 * nobody waits for it any more.
 */
export class Summaries {
  readonly #known = new Map<string, string>()
  readonly #making = new Map<string, Making>()

  recall(key: string): string | undefined {
    const text = this.#known.get(key)
    // What is used last stands last.
    if (text !== undefined) this.#remember(key, text)
    return text
  }

  /** Rejects with the signal's reason, or with what the making failed with. When it settles, nothing that nobody wants goes on. */
  async make(key: string, model: Model, instruction: Message, signal: AbortSignal): Promise<Made> {
    signal.throwIfAborted()
    const making = this.#making.get(key) ?? this.#begin(key, model, instruction)
    making.waiting += 1
    try {
      const { text, finishes } = await abortable(making.made, signal)
      const counts = !making.told
      making.told = true
      return { text, finishes: counts ? finishes : [] }
    } finally {
      making.waiting -= 1
      if (making.waiting === 0) {
        if (this.#making.get(key) === making) this.#making.delete(key)
        making.controller.abort(signal.reason)
        await making.made.catch(() => {})
      }
    }
  }

  #begin(key: string, model: Model, instruction: Message): Making {
    const controller = new AbortController()
    const made = summarized(model, instruction, controller.signal)
    made.then(
      ({ text }) => this.#remember(key, text),
      () => {},
    )
    const making: Making = { made, controller, waiting: 0, told: false }
    this.#making.set(key, making)
    return making
  }

  #remember(key: string, text: string): void {
    this.#known.delete(key)
    this.#known.set(key, text)
    for (const [oldest] of this.#known) {
      if (this.#known.size <= REMEMBERED) break
      this.#known.delete(oldest)
    }
  }
}

async function summarized(model: Model, instruction: Message, signal: AbortSignal): Promise<Made> {
  const stream = model.invoke({ messages: [instruction] }, { signal })
  const finishes: ModelChunk[] = []
  for await (const batch of stream.batches()) {
    for (const chunk of batch) if (chunk.type === 'finish') finishes.push(chunk)
  }
  const { text } = await stream.response
  if (text.trim() !== '') return { text, finishes }
  throw new BraidError(
    'invalid_output',
    `the model "${model.name}" was asked for a summary of the conversation and gave no text; name another one in the window's \`summary.imodel\``,
  )
}
