// The catalogue
export { type ModelId, type ProviderName, providerNames } from './catalogue/provider.ts'

// Models
export type { ModelFunction } from './function-caller.ts'
export { iModel } from './imodel.ts'
export type { ModelConfig, ModelOptions, Timeouts } from './options.ts'
