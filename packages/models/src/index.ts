// The catalogue
export { type ModelId, manifestOf, type ProviderName, providerNames } from './catalogue/provider.ts'

// Messages as other programs have them
export { formatMessages } from './messages/format.ts'
export { type ChatFormat, parseMessages } from './messages/parse.ts'

// Models
export type { Chat } from './chat.ts'
export type { ModelFunction } from './function-caller.ts'
export { iModel } from './imodel.ts'
export type { AwsKey } from './key.ts'
export type { Network } from './transport/network.ts'
export type { ModelConfig, ModelOptions } from './options.ts'

// What is done about their calls
export type { DebugSink, WireEvent } from './debug.ts'
export type { BreakerOptions } from './policies/breaker.ts'
export type { ResponseCache } from './policies/cache.ts'
export type { CallInfo, CallMetrics, ModelHooks } from './policies/hooks.ts'
export type { ModelLimits } from './policies/limits.ts'
export type { Price, Prices } from './policies/prices.ts'
export type { ModelRetry } from './policies/retry.ts'
