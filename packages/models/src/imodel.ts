import {
  BraidError,
  checkKnown,
  ChunkStream,
  type Known,
  type Model,
  type ModelRequest,
  type ModelStream,
} from '@braid/core'
import type { Caller } from './call.ts'
import { type ModelId, manifestOf, splitId } from './catalogue/provider.ts'
import { Chat } from './chat.ts'
import { FunctionCaller, type ModelFunction } from './function-caller.ts'
import { Governed, governed } from './governed.ts'
import { HttpCaller } from './http-caller.ts'
import { checkModelConfig, checkModelOptions, type ModelConfig, type ModelOptions } from './options.ts'
import { routeOf } from './transport/network.ts'
import { Pool } from './transport/pool.ts'

/**
 * A configured model.
 *
 * Making one sends nothing, but checks what can be checked: throws `missing_key`, naming the variable, `unknown_provider`, and
 * `unsupported_parameter` for an option that the provider does not take.
 *
 * @example
 * const model = new iModel('openai/gpt-4o-mini', { temperature: 0.7 })
 * for await (const text of model.invoke('Hello').text()) process.stdout.write(text)
 */
export class iModel implements Model {
  /** What operations call it. */
  readonly name: string
  readonly provider: string
  readonly model: string
  /** How many answers it gives to one request: `n`. */
  readonly answers: number
  readonly #caller: Caller

  constructor(model: ModelId | ModelConfig | Caller, options: ModelOptions = {}) {
    this.#caller = isCaller(model) ? model : httpModel(model, options)
    this.provider = this.#caller.provider
    this.model = this.#caller.model
    this.answers = this.#caller.answers
    this.name = options.name ?? (isCaller(model) || typeof model === 'string' ? undefined : model.name) ?? this.model
  }

  /**
   * A function that yields text or chunks, as a model. The `signal` it is given aborts when its answer is no longer wanted.
   *
   * @example
   * const echo = iModel.from(async function* ({ messages }) { yield `You sent ${messages.length} messages.` }, { name: 'echo' })
   */
  static from(source: ModelFunction, options: { readonly name: string }): iModel {
    if (typeof source !== 'function' || typeof options?.name !== 'string' || options.name === '') {
      throw new BraidError(
        'invalid_request',
        'expected a function and { name }, what operations call it; got something else',
      )
    }
    return new iModel(new FunctionCaller(source, options.name))
  }

  /**
   * Whether a call would be sent: false while its `breaker` is open. For a hook that routes by health.
   */
  get available(): boolean {
    return !(this.#caller instanceof Governed) || this.#caller.available
  }

  /**
   * The same model with other options, over these. It shares its connections with this one, and its line and its breaker unless it is given others.
   * Throws `unsupported_parameter` for what a function's model cannot have: it has a name, and what is done about calls.
   */
  with(options: ModelOptions): iModel {
    checkModelOptions(options)
    const { name = this.name, ...other } = options
    const caller = this.#caller.with(other)
    return new iModel(caller instanceof Governed ? caller : governed(caller, other), { name })
  }

  /**
   * One answer, as a stream; a string is one user message. Throws `invalid_request` or `unsupported_parameter` for messages that cannot be sent. Sends
   * nothing until it is read: iterated, or its `response` awaited. Leaving the loop, or aborting `signal`, closes the socket.
   */
  invoke(request: string | ModelRequest, options: { readonly signal?: AbortSignal } = {}): ModelStream {
    const prepared = this.#caller.prepare(requestOf(request))
    return new ChunkStream((signal) => prepared.send(signal), options.signal)
  }

  /** `invoke` word by word: `model.chat().user('Hello').stream()`. */
  chat(): Chat {
    return new Chat(this)
  }

  /** Closes the connections that idle. The model may be used again afterwards. */
  close(): Promise<void> {
    return this.#caller.close()
  }
}

const REQUEST = { messages: true, tools: true, toolChoice: true, output: true } satisfies Known<ModelRequest>

function requestOf(request: string | ModelRequest): ModelRequest {
  if (typeof request === 'string') return { messages: [{ role: 'user', content: request }] }
  if (Array.isArray(request?.messages)) {
    checkKnown(request, REQUEST, { of: 'a request' })
    return request
  }
  throw new BraidError(
    'invalid_request',
    'expected what to send: a text, or { messages: [...] }, each a Message or { role, content }',
  )
}

function httpModel(model: ModelId | ModelConfig, options: ModelOptions): Caller {
  checkModelOptions(options)
  if (typeof model === 'string') {
    const [provider, name] = splitId(model)
    return governed(new HttpCaller(manifestOf(provider), name, options, new Pool(routeOf(options.network))), options)
  }
  checkModelConfig(model)
  const { provider, model: name, ...more } = model
  const manifest = typeof provider === 'string' ? manifestOf(provider) : provider
  const all = { ...more, ...options }
  return governed(new HttpCaller(manifest, name, all, new Pool(routeOf(all.network))), all)
}

function isCaller(model: ModelId | ModelConfig | Caller): model is Caller {
  return typeof model === 'object' && model !== null && 'prepare' in model
}
