// Manifests
export { type FamilyName, family, manifests } from './family.ts'
export { Manifest } from './manifest.ts'
export type { Effort, ManifestData, ManifestSource, ProviderCode } from './manifest-data.ts'
export type { EventMapper } from './upstream/choice.ts'
export type { Remark } from './upstream/remarks.ts'
export { compileQuery, type Query } from './selector/query.ts'

// Bytes to chunks
export { createPipeline, type Pipeline } from './pipeline.ts'
export type { Limits } from './limits.ts'
export { readResponse } from './response.ts'
export { previewOf } from './answer/preview.ts'

// Bytes to frames
export { createDecoder, type Decoder, type DecoderFormat, type FrameSink } from './decoders/decoder.ts'
export type { EventStreamHeader } from './decoders/event-stream-headers.ts'
export { type EventStreamMessage, EventStreamReader } from './decoders/event-stream-reader.ts'

// Streams by hand
export { type ProcessOptions, type StreamConfig, StreamProcessor } from './processor/stream-processor.ts'
export type { StreamSource } from './processor/source.ts'
export type { Metrics, StreamCallback } from './processor/callback.ts'
export {
  type MessageOptions,
  type SignedPart,
  type StreamingBlock,
  StreamingMessage,
} from './processor/streaming-message.ts'
export type { Utterance, Validator } from './processor/gate.ts'

// Recorded answers
export { openRecording, type Recording } from './recording.ts'
export { overWire, type Wire, wireOf } from './wire.ts'

// What a caller of providers needs besides
export { type ProviderErrorContext, providerError } from './provider-error.ts'
export { retryAfterMs } from './retry-after.ts'
export { Deadline } from './deadline.ts'
export { type Batches, withinTimeouts } from './timed-batches.ts'
export { type Timeouts, timeoutsOf } from './timeouts.ts'
