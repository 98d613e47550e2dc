// Reading along
export { previewOf } from './answer/preview.ts'
// Giving up a stream that takes too long
export { withinTimeouts } from './deadline.ts'
// Bytes to frames
export { createDecoder, type Decoder, type DecoderFormat, type FrameSink } from './decoders/decoder.ts'
export type { EventStreamHeader } from './decoders/event-stream-headers.ts'
export { type EventStreamMessage, EventStreamReader } from './decoders/event-stream-reader.ts'
// Manifests
export { type FamilyName, family, manifests } from './family.ts'
// Bytes to chunks
export type { Limits } from './limits.ts'
export { Manifest } from './manifest.ts'
export type { ManifestData, ManifestSource, ProviderCode } from './manifest-data.ts'
export { createPipeline, type Pipeline } from './pipeline.ts'
// Streams by hand
export type { Metrics, StreamCallback } from './processor/callback.ts'
export type { Utterance, Validator } from './processor/gate.ts'
export type { StreamSource } from './processor/source.ts'
export { type ProcessOptions, type StreamConfig, StreamProcessor } from './processor/stream-processor.ts'
export {
  type MessageOptions,
  type StreamingBlock,
  StreamingMessage,
} from './processor/streaming-message.ts'
// A provider's error object to a BraidError
export { type ProviderErrorContext, providerError } from './provider-error.ts'
// Recorded answers
export { openRecording, type Recording } from './recording.ts'
export { readResponse } from './response.ts'
export { retryAfterMs } from './retry-after.ts'
// JSONPath, as manifests may use it
export { compileQuery, type Query } from './selector/query.ts'
export { type Timeouts, timeoutsOf } from './timeouts.ts'
// What was made of a manifest of ai-protocol
export type { EventMapper } from './upstream/choice.ts'
export type { Remark } from './upstream/remarks.ts'
export { overWire, type Wire, wireOf } from './wire.ts'
