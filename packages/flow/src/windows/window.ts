import type { BranchWindow, Chunk, Message, Model, SummaryWindow } from '@braid/core'
import { last } from './last.ts'
import type { SummarySource } from './summaries.ts'
import { summary } from './summary.ts'
import { tokens } from './tokens.ts'

/**
 * What of a conversation is sent to a model when it is asked; all of it stays on the branch. The system message and the instruction are always
 * sent, and what is sent of the rest is whole: no call stands without its results, and no answer without its instruction.
 */
export type ContextWindow = BranchWindow | EstimatedWindow | { readonly summary: SummaryBy }

export interface EstimatedWindow {
  readonly tokens: number
  /** How many tokens a message takes. Default: a guess, one for every four characters. */
  readonly estimate?: (message: Message) => number
}

export interface SummaryBy extends Omit<SummaryWindow, 'imodel'> {
  readonly imodel?: Model | string
}

/** What a policy is told besides the history. */
export interface WindowContext {
  /** What is sent in any case: the system messages, and behind the history the instruction and what was said since. */
  readonly beside: readonly Message[]
  readonly summaries: SummarySource
  /** Takes what was heard of a model while the prompt was made. */
  hear(chunks: readonly Chunk[]): void
}

/** What is sent of a history. `turn` is what is sent behind it; `heard` takes what was heard of a model meanwhile. */
export async function windowed(
  window: ContextWindow,
  history: readonly Message[],
  turn: readonly Message[],
  summaries: SummarySource,
  heard: Chunk[],
  signal: AbortSignal,
): Promise<readonly Message[]> {
  if (window === 'all') return history
  const isSystem = (message: Message): boolean => message.role === 'system'
  const beside = [...history.filter(isSystem), ...turn]
  const talk = history.filter((message) => !isSystem(message))
  const context = { beside, summaries, hear: (chunks: readonly Chunk[]) => heard.push(...chunks) }
  const sent = await policy(window, talk, context, signal)

  const own = new Set(talk)
  const kept = new Set(sent)
  const begin = history.findIndex((message) => kept.has(message))
  const start = begin < 0 ? history.length : begin
  return [
    ...history.slice(0, start).filter(isSystem),
    ...sent.filter((message) => !own.has(message)),
    ...history.slice(start).filter((message) => isSystem(message) || kept.has(message)),
  ]
}

/** What is left of a conversation without system messages; what was made in place of the rest comes first. */
async function policy(
  window: Exclude<ContextWindow, 'all'>,
  talk: readonly Message[],
  context: WindowContext,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  if ('last' in window) return last(talk, window)
  if ('tokens' in window) return tokens(talk, window, context)
  return summary(talk, window.summary, context, signal)
}
