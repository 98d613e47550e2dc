import {
  Assembler,
  type AssistantContent,
  asBraidError,
  BraidError,
  type ChunkOf,
  type Message,
  type MessageBlock,
  type ModelChunk,
  type ReasoningPart,
  type ToolCall,
} from '@braid/core'
import { ToolInput } from '../answer/tool-input.ts'
import { cutOff, diagnosisOf, type Finding, rejected, unproven } from './diagnosis.ts'
import { Gate, type Validator } from './gate.ts'

export interface MessageOptions {
  /** `strict` throws at the first chunk that is out of order; `lenient` repairs and notes it in `diagnostics`. Default `lenient`. */
  readonly policy?: 'strict' | 'lenient'
  /**
   * Asked about every piece of text, reasoning, refusal and tool input before it is shown. `false` takes the whole block away: what it said, what
   * it will say, and the call it would have become.
   */
  readonly validate?: Validator
  /** Asked about reasoning that carries a signature, when its block ends, and about a call that does. `false` is the diagnostic `invalid_signature`. */
  readonly verifySignature?: (part: SignedPart) => boolean
}

/** What a provider signs. */
export type SignedPart = ReasoningPart | (ToolCall & { readonly type: 'tool-call' })

/** A block of a message. `done` when it is whole and the message has ended; `failed` or `aborted` when it was cut off. */
export interface StreamingBlock extends Omit<MessageBlock, 'state'> {
  readonly candidate: number
  readonly state: 'open' | 'stopped' | 'done' | 'failed' | 'aborted'
}

/** Diagnostics that are kept. A stream may break its protocol at every chunk; how often it did is in `violations`. */
const KEPT = 100

/**
 * A message as it grows. Blocks may interleave; at any moment `snapshot()` has what was said so far, open blocks included.
 *
 * @example
 * const message = new StreamingMessage()
 * for await (const chunk of processor.process(response)) {
 *   message.push(chunk)
 *   draw(message.snapshot().text)
 * }
 */
export class StreamingMessage {
  readonly #strict: boolean
  readonly #gate: Gate | undefined
  readonly #verify: MessageOptions['verifySignature']
  readonly #candidates = new Map<number, Assembler>()
  #diagnostics: BraidError[] = []
  #violations = 0
  #ended: { readonly state: 'failed' | 'aborted'; readonly error: unknown } | undefined

  constructor(options: 'strict' | 'lenient' | MessageOptions = 'lenient') {
    const {
      policy = 'lenient',
      validate,
      verifySignature,
    } = typeof options === 'string' ? { policy: options } : options
    this.#strict = policy === 'strict'
    this.#gate = validate && new Gate(validate)
    this.#verify = verifySignature
  }

  /** Whether every candidate has had its `finish`. Not before: what came is kept, but it is not the whole. */
  get isComplete(): boolean {
    if (this.#ended !== undefined || this.#candidates.size === 0) return false
    for (const candidate of this.#candidates.values()) if (!candidate.finished) return false
    return true
  }

  get state(): 'open' | 'done' | 'failed' | 'aborted' {
    return this.#ended?.state ?? (this.isComplete ? 'done' : 'open')
  }

  /** What ended it before its time: a BraidError when it `failed`, the reason that was given when it was `aborted`. */
  get error(): unknown {
    return this.#ended?.error
  }

  /** The calls of the first candidate that may be run, so far; one counts from the end of its input. */
  get toolCalls(): readonly ToolCall[] {
    const message = this.#candidates.get(0)
    if (message === undefined) return []
    const last = message.blocks.at(-1)
    const ready = last?.type === 'tool-input' && last.state === 'stopped' && !last.called && !last.withdrawn
    const pending = ready ? callOf(last) : undefined
    return pending === undefined || pending.invalid ? message.toolCalls : [...message.toolCalls, pending.call]
  }

  /** The calls of the first candidate whose arguments did not parse. They must not be run; what the model wrote is in `rawInput`. */
  get invalidCalls(): readonly ChunkOf<'tool-call'>[] {
    return this.#candidates.get(0)?.invalidCalls ?? []
  }

  /** What went wrong without ending it, the first hundred: `protocol_violation`, `invalid_tool_input`, `invalid_signature`, `content_rejected`. */
  get diagnostics(): readonly BraidError[] {
    return this.#diagnostics
  }

  /** How many chunks were out of order. */
  get violations(): number {
    return this.#violations
  }

  /** Every block of every candidate, in the order in which they opened. */
  get blocks(): readonly StreamingBlock[] {
    return [...this.#candidates].flatMap(([candidate, message]) =>
      message.blocks.map((block) => ({ ...block, candidate, state: this.#stateOf(block, message) })),
    )
  }

  /** As it is now, open blocks included. `partial` until its `finish` has come. */
  snapshot(candidate = 0): Message<AssistantContent> {
    return (this.#candidates.get(candidate) ?? new Assembler(candidate)).snapshot()
  }

  /**
   * Takes a chunk in, and returns what may be shown of it: the chunk, or without a validator's consent a `redaction` in its place, or nothing. Under
   * `strict` it throws what it would note otherwise, and goes on throwing that.
   */
  push(chunk: ModelChunk): ModelChunk | undefined {
    if (this.#ended) {
      if (this.#strict && this.#ended.state === 'failed') throw this.#ended.error
      this.#note('after-end', chunk)
      return undefined
    }
    const message = this.#candidateOf(chunk)
    if (message.finished && !LATE.has(chunk.type)) {
      this.#note('after-finish', chunk)
      return undefined
    }
    const allowed = this.#gate === undefined ? chunk : this.#gate.pass(chunk, message)
    if (allowed === undefined) return undefined
    // Providers count the whole call, so what comes for one candidate is true of all.
    if (allowed.type === 'usage') for (const [candidate, each] of this.#candidates) each.push({ ...allowed, candidate })
    else {
      const violation = message.push(allowed)
      if (violation !== undefined) this.#note(violation, allowed)
    }
    if (allowed.type === 'redaction' && chunk.type !== 'redaction') this.#diagnose(rejected(allowed.id), this.#strict)
    if (allowed.type === 'reasoning-end' || allowed.type === 'tool-call') this.#checkSignature(allowed, message)
    if (allowed.type === 'tool-call' && allowed.invalid) this.#diagnose(allowed.invalid)
    if (allowed.type === 'finish' && allowed.finishReason === 'length') this.#blameLimit(message)
    return allowed
  }

  /** The stream is over. Without its terminal event the message has failed, with `stream_truncated`. */
  end(): void {
    if (this.isComplete) return
    this.fail(
      new BraidError(
        'stream_truncated',
        'expected a finish for every candidate; the chunks stopped before it. What came is kept; the request may be tried again',
      ),
    )
  }

  /** The stream failed. What came is kept; a message that is complete already stays so. */
  fail(error: unknown): void {
    this.#end('failed', asBraidError(error, 'unknown'))
  }

  /** Nobody wants the rest. What came is kept. */
  abort(reason?: unknown): void {
    this.#end('aborted', reason)
  }

  #end(state: 'failed' | 'aborted', error: unknown): void {
    if (!this.isComplete) this.#ended ??= { state, error }
  }

  #candidateOf(chunk: ModelChunk): Assembler {
    let message = this.#candidates.get(chunk.candidate)
    if (message === undefined) {
      message = new Assembler(chunk.candidate)
      this.#candidates.set(chunk.candidate, message)
    }
    return message
  }

  #stateOf({ state }: MessageBlock, message: Assembler): StreamingBlock['state'] {
    const over = this.#ended?.state ?? (message.finished ? 'failed' : undefined)
    if (over === undefined) return state
    return state === 'stopped' ? 'done' : over
  }

  #checkSignature(chunk: ChunkOf<'reasoning-end' | 'tool-call'>, message: Assembler): void {
    const { signature } = chunk
    if (this.#verify === undefined || signature === undefined) return
    if (this.#verify(signedPart(chunk, signature, message))) return
    this.#diagnose(unproven(chunk.type === 'tool-call' ? chunk.toolCallId : chunk.id), this.#strict)
  }

  #blameLimit(message: Assembler): void {
    const cut = new Map(message.invalidCalls.map((call) => [call.invalid, call.toolName]))
    this.#diagnostics = this.#diagnostics.map((error) => {
      const toolName = cut.get(error)
      return toolName === undefined ? error : cutOff(toolName, error)
    })
  }

  #note(finding: Finding, chunk: ModelChunk): void {
    this.#violations += 1
    this.#diagnose(diagnosisOf(finding, chunk), this.#strict)
  }

  #diagnose(error: BraidError, fatal = false): void {
    if (this.#diagnostics.length < KEPT) this.#diagnostics.push(error)
    if (!fatal) return
    this.#ended ??= { state: 'failed', error }
    throw error
  }
}

/** What may come after the finish. */
const LATE: ReadonlySet<ModelChunk['type']> = new Set(['usage', 'redaction', 'raw'])

function signedPart(chunk: ChunkOf<'reasoning-end' | 'tool-call'>, signature: string, message: Assembler): SignedPart {
  if (chunk.type === 'tool-call') {
    const { type, toolCallId, toolName, input } = chunk
    return { type, toolCallId, toolName, input, signature }
  }
  const { text = '', redacted } = message.block(chunk.id) ?? {}
  return { type: 'reasoning', text, signature, ...(redacted === undefined ? {} : { redacted }) }
}

function callOf(block: MessageBlock): { call: ToolCall; invalid: boolean } {
  const input = new ToolInput(undefined, 0, false)
  input.id = block.id
  input.name = block.toolName ?? ''
  input.append(block.text)
  const { toolCallId, toolName, input: parsed, ...rest } = input.read()
  return { call: { toolCallId, toolName, input: parsed }, invalid: 'invalid' in rest }
}
