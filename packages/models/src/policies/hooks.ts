import {
  abortable,
  asBraidError,
  type AssistantContent,
  Assembler,
  BraidError,
  checkKnown,
  type Clock,
  type Known,
  Message,
  type Model,
  type ModelChunk,
  type ModelRequest,
  type Usage,
} from '@braid/core'
import { type Beginning, Begun, single } from './begun.ts'
import { batchesOf } from './fallback.ts'
import type { ModelCall, Policy } from './policy.ts'
import { chunksOf } from './said.ts'
import { tokensIn } from './tokens.ts'
import { type Watcher, watched } from './watched.ts'

/** What becomes of a call: nothing else than without the hook, another request, an answer, or another model. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one that decides nothing.
type Decision = ModelRequest | Message | Model | undefined | void

/** Called while a model is asked. The first may decide what becomes of the call; the others look on, and what they throw is a warning. */
export interface ModelHooks {
  /**
   * Before a call. Return another request to change it, an assistant's message to answer it without asking, or another model to route it there;
   * throw to refuse it. The call waits for it.
   */
  beforeCall?(request: ModelRequest, call: CallInfo): Decision | Promise<Decision>
  /** After a whole answer. */
  afterCall?(message: Message<AssistantContent>, metrics: CallMetrics): void
  /** For each chunk, before its reader has it. */
  onChunk?(chunk: ModelChunk): void
  /** When a call has failed for good. Leaving it, or aborting it, is no failure. */
  onError?(error: BraidError): void
}

/** What is known of a call before it is made. */
export interface CallInfo {
  /** `provider/model`. */
  readonly name: string
  /** About how many tokens the request has: an estimate, of a token for four letters. */
  readonly estimatedTokens: number
}

/** Counted from the first read of the answer to its end, as its reader sees it. */
export interface CallMetrics {
  /** Milliseconds to the first chunk; all of it where there was none. */
  readonly firstChunkMs: number
  readonly durationMs: number
  readonly chunks: number
  /** With its cost, where the model has `prices`. */
  readonly usage: Usage
}

const HOOKS = { beforeCall: true, afterCall: true, onChunk: true, onError: true } satisfies Known<ModelHooks>

/** Throws `unsupported_parameter` for what are no {@link ModelHooks}. */
export function checkHooks(hooks: ModelHooks): void {
  checkKnown(hooks, HOOKS, { of: '`hooks`', code: 'unsupported_parameter' })
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook === undefined || typeof hook === 'function') continue
    throw new BraidError('unsupported_parameter', `expected the hook ${name} as a function; got ${typeof hook}`)
  }
}

/** Policy: tells the hooks. `prepare` makes the call anew for a request that was changed. */
export function hooked(hooks: ModelHooks, prepare: (request: ModelRequest) => ModelCall, clock: Clock): Policy {
  const { beforeCall } = hooks
  return (call, next, signal) => {
    const looking = onlooker(hooks, clock, signal)
    if (beforeCall === undefined) return watched(next(call, signal), looking)
    const answer = new Begun(async (): Promise<Beginning> => {
      const about = { name: call.name, estimatedTokens: tokensIn(call.request) }
      // One that never decides does not keep whoever leaves.
      const said = await abortable(Promise.resolve(beforeCall.call(hooks, call.request, about)), signal)
      if (said === undefined) return { source: next(call, signal) }
      if (said instanceof Message) return { source: single(chunksOf(said)) }
      if (isModel(said)) return { source: batchesOf(said, call.request, signal) }
      if (isRequest(said)) return { source: next(prepare(said), signal) }
      throw new BraidError(
        'invalid_request',
        'expected the hook beforeCall to return nothing, a request, an assistant’s Message or a model; it returned something else',
      )
    })
    return watched(answer, looking)
  }
}

function isModel(said: unknown): said is Model {
  return typeof said === 'object' && said !== null && 'invoke' in said && typeof said.invoke === 'function'
}

function isRequest(said: unknown): said is ModelRequest {
  return typeof said === 'object' && said !== null && 'messages' in said && Array.isArray(said.messages)
}

function onlooker(hooks: ModelHooks, clock: Clock, signal: AbortSignal): Watcher {
  const began = clock.now()
  const message = hooks.afterCall === undefined ? undefined : new Assembler()
  let firstChunk: number | undefined
  let chunks = 0
  return {
    onBatch(batch) {
      firstChunk ??= clock.now()
      chunks += batch.length
      for (const chunk of batch) {
        message?.push(chunk)
        if (hooks.onChunk !== undefined) look('onChunk', () => hooks.onChunk?.(chunk))
      }
      return batch
    },
    onEnd(ended) {
      if (ended.type === 'failed' && hooks.onError !== undefined && !signal.aborted) {
        const error = asBraidError(ended.error, 'unknown')
        look('onError', () => hooks.onError?.(error))
      }
      if (ended.type !== 'whole' || message === undefined) return
      const whole = message.snapshot()
      const durationMs = clock.now() - began
      const { usage } = whole.content
      look('afterCall', () =>
        hooks.afterCall?.(whole, {
          firstChunkMs: firstChunk === undefined ? durationMs : firstChunk - began,
          durationMs,
          chunks,
          usage,
        }),
      )
    },
  }
}

function look(name: keyof ModelHooks, call: () => unknown): void {
  const report = (error: unknown) =>
    process.emitWarning(`the hook ${name} threw: ${asBraidError(error, 'unknown').message}; the call goes on`, {
      code: 'BRAID_HOOK',
    })
  try {
    const returned = call()
    if (typeof returned === 'object' && returned !== null && 'then' in returned) {
      void Promise.resolve(returned).then(undefined, report)
    }
  } catch (error) {
    report(error)
  }
}
