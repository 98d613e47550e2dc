import type { FinishReason, Usage } from '@braid/core'
import { words } from '../words.ts'
import { signatureOf } from './issued.ts'
import type { RequestMessage, Spoken, SpokenCandidate, SpokenFinish } from './wire.ts'

/** What one candidate says. All of it is optional; `finishReason` follows from the rest. */
export interface Said {
  /** Streamed in word-like deltas, each one token. */
  readonly text?: string
  /** Sent before the text, as `reasoning_content`, a thinking block, or thought parts. */
  readonly reasoning?: string
  /** The proof of the reasoning, for the APIs that have one. Whoever brings it back changed is refused. Default: one made of the reasoning. */
  readonly signature?: string
  /** Reasoning that the API shows to nobody: Anthropic's `redacted_thinking`, OpenAI's `encrypted_content`. */
  readonly redacted?: string
  readonly toolCalls?: readonly SaidCall[]
  /** Default: `tool-calls` where there are some, else `stop`. */
  readonly finishReason?: SpokenFinish
  /** Sent as it is, instead. */
  readonly rawFinishReason?: string
}

/** A call of a tool, as a {@link Said} has it. */
export interface SaidCall {
  readonly toolName: string
  readonly input: unknown
  /** Default: one in the API's own style, made from the number of the request. */
  readonly toolCallId?: string
  /** The arguments as they go over the wire, also where they are no JSON. Gemini has no such text and sends `input`. */
  readonly rawInput?: string
}

/**
 * A whole answer: of one candidate, or of several (Anthropic has one, and gets the first).
 *
 * @example
 * server.reply({ reasoning: 'The sky scatters light.', text: 'Rayleigh scattering.', usage: { outputTokens: 12 } })
 * server.reply({ toolCalls: [{ toolName: 'weather', input: { city: 'Oslo' } }] })
 * server.reply({ candidates: [{ text: 'yes' }, { text: 'no', finishReason: 'length' }] })
 */
export interface Saying extends Said {
  /** What each candidate says. Without it every candidate that the request asks for says the same. */
  readonly candidates?: readonly Said[]
  /** Token counts to report. What is left out is counted: one token per word-like piece. */
  readonly usage?: Pick<Usage, 'inputTokens' | 'outputTokens' | 'reasoningTokens' | 'cachedTokens'>
  /** Headers of the answer, over the API's own: what it says of its rate limits. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Closes what a saying leaves open. `n` is how many candidates the request asked for. */
export function speak(
  saying: Saying,
  request: {
    readonly number: number
    readonly model: string
    readonly messages: readonly RequestMessage[]
    readonly n: number
  },
): Spoken {
  const candidates = (saying.candidates ?? Array.from({ length: Math.max(1, request.n) }, () => saying)).map(candidate)
  const reasoning = sum(candidates, ({ reasoning }) => words(reasoning).length)
  const said = sum(
    candidates,
    ({ text, toolCalls }) => words(text).length + sum(toolCalls, ({ rawInput }) => 1 + words(rawInput).length),
  )
  const { usage } = saying
  return {
    number: request.number,
    model: request.model,
    candidates,
    usage: {
      input: usage?.inputTokens ?? sum(request.messages, ({ text }) => words(text).length),
      output: usage?.outputTokens ?? said + reasoning,
      reasoning: usage?.reasoningTokens ?? reasoning,
      cached: usage?.cachedTokens ?? 0,
    },
  }
}

function candidate(said: Said): SpokenCandidate {
  const { text, reasoning = '', signature, redacted, toolCalls, finishReason, rawFinishReason } = said
  const usual: FinishReason = toolCalls && toolCalls.length > 0 ? 'tool-calls' : 'stop'
  return {
    text: text ?? '',
    reasoning,
    signature: signature ?? signatureOf(reasoning),
    redacted: redacted ?? '',
    toolCalls: (toolCalls ?? []).map((call) => ({
      id: call.toolCallId,
      name: call.toolName,
      input: call.input,
      rawInput: call.rawInput ?? JSON.stringify(call.input),
    })),
    finishReason: finishReason ?? usual,
    rawFinishReason,
  }
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0)
}
