import { BraidError, checkKnown, type Known, type Model } from '@braid/core'
import type { Effort, Manifest, Timeouts, Validator } from '@braid/stream'
import type { ProviderName } from './catalogue/provider.ts'
import type { DebugSink } from './debug.ts'
import type { AwsKey } from './key.ts'
import type { Network } from './transport/network.ts'
import type { BreakerOptions } from './policies/breaker.ts'
import type { ResponseCache } from './policies/cache.ts'
import { checkPolicies } from './policies/check.ts'
import type { ModelHooks } from './policies/hooks.ts'
import type { ModelLimits } from './policies/limits.ts'
import type { Prices } from './policies/prices.ts'
import type { ModelRetry } from './policies/retry.ts'

/** How a model is called. A parameter that its provider does not take throws `unsupported_parameter` when the model is made. */
export interface ModelOptions {
  /** What operations call it. Default: the model's own name. */
  readonly name?: string
  readonly temperature?: number
  readonly topP?: number
  /** How many of the likeliest tokens each one is taken from. */
  readonly topK?: number
  /** Tokens of the answer, at most. Default: the provider's, and 4096 where it has none (Anthropic). */
  readonly maxTokens?: number
  readonly stop?: string | readonly string[]
  readonly seed?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  /** Log probabilities of what is said, with this many alternatives for each token. They are in the `metadata` of its chunks. */
  readonly logprobs?: number
  /**
   * How much the model thinks before it answers (`none`, `minimal`, `low`, `medium`, `high`, `xhigh`), in its provider's own way of saying so. Default: the provider's. Throws `unsupported_parameter` where the
   * model has no such step.
   */
  readonly reasoning?: Effort
  /**
   * Marks the system's words, the tools before them, and the conversation so far to be kept by the provider for that long, so that the next request that begins so costs less.
   * For Anthropic and Bedrock; others keep prompts without being asked, or not at all.
   */
  readonly cache?: '5m' | '1h'
  /** What becomes of an option, or a way to choose tools, that the provider or the model does not take: it throws, or is left out with a warning. Default `error`. */
  readonly unsupported?: 'error' | 'warn'
  /**
   * How many answers; each is a `candidate` of the stream. Where a provider gives one to a request (Anthropic), Braid makes `n` requests, and each costs
   * its own input. Default 1.
   */
  readonly n?: number
  /** `false` makes one plain request; the chunks are the same. Default true. */
  readonly stream?: boolean
  /** Where the provider is, as its own SDK takes it. Default: the environment variable that its manifest names, then its public address. */
  readonly baseUrl?: string
  /**
   * A key, or what gives one for each call, such as a token that expires. Default: the environment variable that the manifest names. For Bedrock also AWS's credentials, or
   * what gives them (`fromNodeProviderChain()`).
   */
  readonly apiKey?: string | AwsKey | (() => string | AwsKey | Promise<string | AwsKey>)
  /** Sent as they are, over Braid's own. */
  readonly headers?: Readonly<Record<string, string>>
  /** A proxy on the way, and certificates to trust. */
  readonly network?: Network
  /**
   * How a request's `output` is told: in the provider's own mode (`native`), or as a JSON Schema among the system's words (`prompt`). Default: native where the
   * provider has such a mode, its model's name says that it has it too, and the schema can be said in it; in the prompt otherwise. `native` is for a model whose name
   * does not say it, such as one's own deployment. Throws `unsupported_parameter` for a provider that has no such mode.
   */
  readonly outputMode?: 'native' | 'prompt'
  /** Merged into the request body as it is, object by object; `undefined` takes a field out. */
  readonly providerOptions?: Readonly<Record<string, unknown>>
  /** A number is `total`. Of each attempt, where there are several; waiting in line and between attempts is not counted. */
  readonly timeout?: number | Timeouts
  /**
   * How often it is asked, where it fails before it has said anything, with an error that is `retryable`; a number is `attempts`, in all. A provider's
   * `Retry-After` is heeded up to a minute (`maxWait`). What fails after that fails with what came: that is for the operation's `retry`. Default: once.
   */
  readonly retry?: number | ModelRetry
  /**
   * How many calls may be under way at once, and what may be sent in a minute; others wait in line, and whoever leaves gives up its place. Where there are
   * limits, `{}` for none of one's own, those that the provider tells in its headers are heeded as well. The models that `with` makes of this one share its
   * line. Default: no limit.
   */
  readonly limits?: ModelLimits
  /** Leaves it alone for a while when it fails too often in a row; calls then fail at once, with `overloaded`. Default: never. */
  readonly breaker?: BreakerOptions
  /** Asked in turn when this one fails before it has said anything, with an error that is `fallbackable`. */
  readonly fallback?: readonly Model[]
  /** The same request gets the same answer as before: from a folder, or from what has `get` and `set`, such as a Map. Default: no. */
  readonly responseCache?: string | ResponseCache
  /** A header in which each call sends an id of its own, the same in every attempt, for a server that then answers it once: `Idempotency-Key`. Default: none. */
  readonly idempotencyHeader?: string
  readonly hooks?: ModelHooks
  /** What models cost: `usage.cost` is counted by it. Default: the manifest's `prices`, if it has any. */
  readonly prices?: Prices
  /** Told of what goes over the wire, in development: prompts and answers are in it, keys are not. Default: nobody. */
  readonly debug?: DebugSink
  /**
   * Asked about every piece of text, reasoning, refusal and tool input before it is shown. `false` takes the whole block away: a `redaction` takes back what it
   * said, and nothing more of it comes, nor the call it would have become. Chunks have no `rawResponse` then.
   */
  readonly validate?: Validator
}

export interface ModelConfig extends ModelOptions {
  readonly provider: ProviderName | Manifest
  readonly model: string
}

const OPTIONS = {
  name: true,
  temperature: true,
  topP: true,
  topK: true,
  maxTokens: true,
  stop: true,
  seed: true,
  frequencyPenalty: true,
  presencePenalty: true,
  logprobs: true,
  reasoning: true,
  cache: true,
  unsupported: true,
  n: true,
  stream: true,
  baseUrl: true,
  apiKey: true,
  headers: true,
  network: true,
  outputMode: true,
  providerOptions: true,
  timeout: true,
  retry: true,
  limits: true,
  breaker: true,
  fallback: true,
  responseCache: true,
  idempotencyHeader: true,
  hooks: true,
  prices: true,
  debug: true,
  validate: true,
} satisfies Known<ModelOptions>
const NUMBERS = [
  'temperature',
  'topP',
  'topK',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'maxTokens',
  'n',
] as const
const CONFIG = { provider: true, model: true, ...OPTIONS } satisfies Known<ModelConfig>

const OF = 'a model (a field of its provider goes into `providerOptions`)'

/** Throws `unsupported_parameter` for an option that nobody knows; a provider's own go into `providerOptions`. */
export function checkModelOptions(options: ModelOptions): void {
  checkKnown(options, OPTIONS, { of: OF, code: 'unsupported_parameter' })
  checkNumbers(options)
  checkPolicies(options)
}

/** Throws `invalid_request` where it names no provider or no model, and as {@link checkModelOptions} does. */
export function checkModelConfig(config: ModelConfig): void {
  if (!isObject(config) || typeof config.model !== 'string' || config.model === '' || !isProvider(config.provider)) {
    throw new BraidError(
      'invalid_request',
      "expected a model as 'provider/model', such as 'openai/gpt-4o-mini', or { provider, model }; got something else",
    )
  }
  checkKnown(config, CONFIG, { of: OF, code: 'unsupported_parameter' })
  checkNumbers(config)
  checkPolicies(config)
}

/** How far each may go is its provider's; that it is a number, and a count from 1, is not. */
function checkNumbers(options: ModelOptions): void {
  for (const name of NUMBERS) {
    const value: unknown = options[name]
    const count = name === 'maxTokens' || name === 'n'
    if (value === undefined || (count ? Number.isInteger(value) && Number(value) >= 1 : Number.isFinite(value)))
      continue
    throw new BraidError(
      'unsupported_parameter',
      `expected \`${name}\` to be ${count ? 'a whole number from 1' : 'a number'}; got ${typeof value === 'number' ? value : typeof value}`,
    )
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isProvider(provider: unknown): boolean {
  return isObject(provider) || (typeof provider === 'string' && provider !== '')
}
