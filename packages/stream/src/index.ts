// Manifests
export { type FamilyName, family, manifests } from './family.ts'
// Bytes to chunks
export type { Limits } from './limits.ts'
export { Manifest } from './manifest.ts'
export type { ManifestData, ManifestSource, ProviderCode } from './manifest-data.ts'
export { createPipeline, type Pipeline } from './pipeline.ts'
// A provider's error object to a BraidError
export { type ProviderErrorContext, providerError } from './provider-error.ts'
export { readResponse } from './response.ts'
