// The catalogue
export { type ModelId, manifestOf, type ProviderName, providerNames } from './catalogue/provider.ts'

// Models
export type { Chat } from './chat.ts'
export type { ModelFunction } from './function-caller.ts'
export { iModel } from './imodel.ts'
export type { ModelConfig, ModelOptions } from './options.ts'
