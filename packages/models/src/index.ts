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
export type { ModelConfig, ModelOptions } from './options.ts'
