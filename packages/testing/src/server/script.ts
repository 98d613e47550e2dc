import { checkKnown, type Known } from '@braid/core'
import type { Said, Saying } from '../wire/spoken.ts'
import { checkFault, type Fault } from './fault.ts'
import type { Pace } from './pace.ts'
import { load, type Recording } from './recording.ts'
import type { ReceivedRequest } from './request.ts'

/**
 * An error of the provider: this status with the API's own body. Status 200 sends the error body as if it were an answer.
 *
 * @example
 * server.reply({ status: 429, retryAfter: 2 })
 * server.reply({ status: 429, type: 'insufficient_quota', code: 'insufficient_quota' })
 */
export interface ProviderError {
  readonly status: number
  /** Default: the provider's usual words for the status. */
  readonly message?: string
  /** The API's own error type: `type` at OpenAI and Anthropic (`overloaded_error`), `status` at Gemini (`UNAVAILABLE`). */
  readonly type?: string
  /** OpenAI's `code`, such as `insufficient_quota`. */
  readonly code?: string
  /** The `Retry-After` header: seconds, or an HTTP date. */
  readonly retryAfter?: number | string
  readonly headers?: Readonly<Record<string, string>>
}

/** What is answered. A string is the text of a {@link Saying}. */
export type Answer = string | Saying | ProviderError | Recording

/**
 * What is answered, or how to make it from the request. What it throws is a 500 for the client and the request's `error`.
 *
 * @example
 * server.reply(({ prompt }) => `You said ${prompt}`, { times: Infinity })
 */
export type Reply = Answer | ((request: ReceivedRequest) => Answer | Promise<Answer>)

/** How an answer travels. */
export interface Delivery extends Pace {
  readonly fault?: Fault
}

/**
 * How an answer travels, which requests get it, and how many of them.
 *
 * @example
 * server.reply('Hello', { model: 'gpt-4o-mini', when: ({ stream }) => stream, times: 2, interval: 5 })
 */
export interface ReplyOptions extends Delivery {
  /** Only requests for this model. */
  readonly model?: string
  /** Only requests of which this is true. */
  readonly when?: (request: ReceivedRequest) => boolean
  /** How many requests get it: `Infinity` for all. Default: 1. */
  readonly times?: number
}

export const DELIVERY = { delay: true, interval: true, cut: true, fault: true } satisfies Known<Delivery>
const REPLY = { ...DELIVERY, model: true, when: true, times: true } satisfies Known<ReplyOptions>

interface Entry {
  readonly reply: Reply
  readonly options: ReplyOptions
  readonly anyPath: boolean
  left: number
}

/** Replies in the order they were added. A request takes the first one that is meant for it and not used up. */
export class Script {
  readonly #entries: Entry[] = []

  add(reply: Reply, options: ReplyOptions): void {
    checkKnown(options, REPLY, { of: 'a reply' })
    checkFault(options.fault)
    // Misuse shows at the call: a recording that cannot be read throws here, and is read once.
    const ready = isRecording(reply) ? load(reply) : reply
    this.#entries.push({ reply: ready, options, anyPath: isRecording(reply), left: options.times ?? 1 })
  }

  /** How many requests the script is still waiting for; replies without end are not counted. */
  get unused(): number {
    return this.#entries.reduce((total, { left }) => total + (left === Infinity ? 0 : left), 0)
  }

  /** Only recorded bytes answer a path that belongs to no API here. */
  take(request: ReceivedRequest): { readonly reply: Reply; readonly options: ReplyOptions } | undefined {
    const entry = this.#entries.find(
      ({ left, anyPath, options: { model, when } }) =>
        left > 0 &&
        (anyPath || request.api !== undefined) &&
        (model === undefined || model === request.model) &&
        (when === undefined || when(request)),
    )
    if (entry) entry.left--
    return entry
  }
}

export function isRecording(reply: Reply): reply is Recording {
  return typeof reply === 'object' && ('file' in reply || 'bytes' in reply)
}

export function isProviderError(answer: Answer): answer is ProviderError {
  return typeof answer === 'object' && 'status' in answer
}

/** What a server without a script says: one sentence, the same for the same request, naming the model and what it was asked. */
export function echo(request: ReceivedRequest, n: number): Saying {
  const asked = request.prompt.trim().split(/\s+/).slice(0, 12).join(' ')
  const say = (which: string): Said => ({
    text: `This is ${request.model}${which} on the local provider server; you said: "${asked}".`,
  })
  return n > 1
    ? { candidates: Array.from({ length: n }, (_, index) => say(` (answer ${index + 1} of ${n})`)) }
    : say('')
}
