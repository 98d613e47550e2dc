import {
  type AssistantContent,
  BraidError,
  type Chunk,
  Message,
  type ModelChunk,
  type ModelRequest,
  type ModelStream,
  onAbort,
  type ToolOutcome,
} from '@braid/core'
import type { Bench, Called } from '../tools/call.ts'
import { Feed } from '../tools/feed.ts'
import { HeardCalls, mayBeCut, runnable } from '../tools/heard-calls.ts'
import { notRun, Round } from '../tools/round.ts'
import type { Toolbox } from '../tools/toolbox.ts'
import type { BuiltInContext } from './kind.ts'

/** What a step hears: of the model, and of the tools that work meanwhile. */
type Heard =
  | { readonly type: 'model'; readonly batch: readonly ModelChunk[] }
  | { readonly type: 'tools'; readonly chunks: readonly Chunk[] }
  | { readonly type: 'end' }
  | { readonly type: 'failed'; readonly error: unknown }

/**
 * One model call of a conversation, and what it calls: `ask`, then `work` where it called something, then `end` in any case. What it leaves is
 * valid history whatever happened: every call has an outcome, if only that it was cancelled.
 */
export class Step {
  readonly #context: BuiltInContext
  readonly #toolbox: Toolbox
  readonly #bench: () => Omit<Bench, 'say'>
  readonly #eager: boolean
  readonly #heard = new HeardCalls()
  #feed: Feed<Heard> | undefined
  #stream: ModelStream | undefined
  #reader: AsyncIterator<readonly ModelChunk[]> | undefined
  #round: Round | undefined
  #unlink = (): void => {}
  #calls: readonly Called[] | undefined
  #answer: Message<AssistantContent> | undefined
  #worked = false

  /** `bench` is asked for when something is called. `eager`: tools that are safe start while the model is still talking. */
  constructor(context: BuiltInContext, toolbox: Toolbox, bench: () => Omit<Bench, 'say'>, eager: boolean) {
    this.#context = context
    this.#toolbox = toolbox
    this.#bench = bench
    this.#eager = eager
  }

  /** What it calls, once the model has ended. */
  get calls(): readonly Called[] {
    return this.#calls ?? this.#heard.calls
  }

  /** The answer, once the model has ended. */
  get answer(): Message<AssistantContent> {
    return this.#answer as Message<AssistantContent>
  }

  get outcomes(): readonly ToolOutcome[] {
    return this.#round ? this.#round.outcomes(this.calls) : this.calls.map(notRun)
  }

  /** Asks the model. `show` makes of what it says what is shown of it. */
  async *ask(
    request: ModelRequest,
    show: (batch: readonly ModelChunk[]) => readonly Chunk[],
  ): AsyncGenerator<readonly Chunk[], void> {
    this.#stream = this.#context.ask(request)
    if (this.#eager) yield* this.#merged(this.#stream, show)
    else {
      for await (const batch of this.#stream.batches()) {
        this.#hear(batch)
        const shown = show(batch)
        if (shown.length > 0) yield shown
      }
    }
    this.#answer = await this.#stream.response
    this.#calls = runnable(this.#heard.calls, this.#answer.content.finishReason)
    const refused = this.#heard.calls.filter((called) => !this.#calls?.includes(called))
    if (refused.length > 0) this.#stop(refused)
  }

  /** Runs what was called and does not run yet. Throws the reason when the operation is cancelled meanwhile. */
  async *work(): AsyncGenerator<readonly Chunk[], void> {
    const round = this.#rounds
    const feed = this.#feeding
    for (const called of this.calls) round.begin(called)
    void round.settled().then(() => feed.close())
    for (let heard = await feed.next(); heard; heard = await feed.next()) {
      if (heard.type === 'tools') yield heard.chunks
    }
    this.#context.signal.throwIfAborted()
    this.#worked = true
  }

  /** Gives every call this outcome instead of running it; returns the outcomes. */
  refuse(refused: BraidError): readonly ToolOutcome[] {
    this.#calls = this.calls.map((called) => ({ ...called, refused }))
    this.#worked = true
    return this.outcomes
  }

  /** Resolves when nothing of it goes on any more. */
  async end(): Promise<void> {
    this.#unlink()
    this.#feed?.leave()
    await this.#reader?.return?.()
    await this.#round?.stop(new BraidError('cancelled', 'the step ended before the call did'))
  }

  /** What it leaves on its branch. `unfinished`: the answer is none, although it reached its end. */
  left(unfinished: boolean): readonly Message[] {
    const answer = this.#said()
    const whole = answer?.status === 'complete'
    const messages: Message[] = []
    if (answer && unfinished && whole) messages.push(new Message({ ...answer, status: 'partial' }))
    else if (answer && (whole || answer.content.parts.length > 0)) messages.push(answer)
    const { calls } = this
    if (calls.length === 0) return messages
    // What came of calls whose message did not reach its end is not kept: they may not have been all it wanted to say.
    const outcomes = whole ? this.outcomes : calls.map(notRun)
    const done = whole && this.#worked
    messages.push(
      new Message({
        content: { type: 'action-request', calls: calls.map(({ call }) => call) },
        status: whole ? 'complete' : 'partial',
      }),
      new Message({ content: { type: 'action-response', outcomes }, status: done ? 'complete' : 'partial' }),
    )
    return messages
  }

  #said(): Message<AssistantContent> | undefined {
    if (this.#answer) return this.#answer
    try {
      return this.#stream?.partial
    } catch {
      // A model of somebody else's may fail at this as at anything; how its operation ends is known already.
      return undefined
    }
  }

  get #feeding(): Feed<Heard> {
    this.#feed ??= new Feed()
    return this.#feed
  }

  get #rounds(): Round {
    if (!this.#round) {
      const feed = this.#feeding
      const round = new Round({ ...this.#bench(), say: (chunks) => feed.say({ type: 'tools', chunks }) })
      this.#round = round
      this.#unlink = onAbort(this.#context.signal, (reason) => void round.stop(reason))
    }
    return this.#round
  }

  /** What the model says and what tools say meanwhile, as it comes. */
  async *#merged(
    stream: ModelStream,
    show: (batch: readonly ModelChunk[]) => readonly Chunk[],
  ): AsyncGenerator<readonly Chunk[], void> {
    this.#reader = stream.batches()[Symbol.asyncIterator]()
    const feed = this.#feeding
    void this.#pump(this.#reader, feed)
    for (let heard = await feed.next(); heard; heard = await feed.next()) {
      if (heard.type === 'failed') throw heard.error
      if (heard.type === 'end') return
      const shown = heard.type === 'model' ? show(heard.batch) : heard.chunks
      if (shown.length > 0) yield shown
    }
  }

  async #pump(reader: AsyncIterator<readonly ModelChunk[]>, feed: Feed<Heard>): Promise<void> {
    try {
      for (let next = await reader.next(); !next.done; next = await reader.next()) {
        // Said first, so that no tool is heard before the call of it.
        const taken = feed.say({ type: 'model', batch: next.value })
        this.#hear(next.value)
        await taken
      }
      await feed.say({ type: 'end' })
    } catch (error) {
      await feed.say({ type: 'failed', error })
    }
  }

  #hear(batch: readonly ModelChunk[]): void {
    for (const chunk of batch) {
      if (chunk.candidate === 0) {
        if (chunk.type === 'redaction') this.#redact(chunk.id)
        else {
          const called = this.#heard.push(chunk)
          if (called && this.#eager && this.#isSafe(called)) this.#rounds.begin(called)
        }
      } else if (this.#toolbox.offered.length > 0) throw severalAnswers()
    }
  }

  #redact(id: string): void {
    const gone = this.#heard.redact(id)
    if (gone.length > 0) this.#stop(gone)
  }

  /** Those that run already, though they turned out not to be wanted. */
  #stop(calls: readonly Called[]): void {
    void this.#round?.stop(new BraidError('cancelled', 'the call was taken back'), calls)
  }

  #isSafe(called: Called): boolean {
    if (called.refused || mayBeCut(called)) return false
    return this.#toolbox.offered.some((tool) => tool.safe && tool.name === called.call.toolName)
  }
}

/** Each of several answers may call tools of its own, and there is one turn to tell what they came to. */
export function severalAnswers(): BraidError {
  return new BraidError(
    'unsupported_parameter',
    'expected a model that gives one answer, where there are tools; got several: leave `n` out, or make an operation for each answer',
  )
}
