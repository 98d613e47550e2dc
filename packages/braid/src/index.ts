// Sessions and history

export type {
  Chunk,
  ChunkOf,
  Model,
  ModelChunk,
  ModelRequest,
  ModelStream,
  Operation,
  Outcome,
  ResultOf,
  Results,
  ToolCall,
  Usage,
} from '@braid/core'
// Errors
export {
  type AssistantContent,
  BraidError,
  type Content,
  type ErrorCode,
  type FilePart,
  type FinishReason,
  type InstructionContent,
  Message,
  type MessageLike,
  type ReasoningPart,
  type RefusalPart,
  type SourcePart,
  type SystemContent,
  type TextPart,
} from '@braid/core'
export type {
  Branch,
  BranchOptions,
  CommunicateParams,
  Join,
  Kinds,
  Late,
  MessagesQuery,
  NamedShape,
  Names,
  OperationContext,
  OperationFunction,
  OperationKind,
  Plan,
  Services,
  Shape,
  TaskFunction,
  TextKind,
  Upstream,
  Yield,
} from '@braid/flow'
// Running
export {
  type Bounds,
  type FlowChunk,
  type FlowOptions,
  type FlowStream,
  flow,
  flowStream,
  type Progress,
} from '@braid/flow'
// Models and their chunks
export {
  type Chat,
  iModel,
  type ModelConfig,
  type ModelFunction,
  type ModelId,
  type ModelOptions,
  type ProviderName,
  providerNames,
} from '@braid/models'
// Streams by hand
export {
  Manifest,
  type MessageOptions,
  type Metrics,
  type ProcessOptions,
  type StreamCallback,
  type StreamConfig,
  type StreamingBlock,
  StreamingMessage,
  type StreamSource,
  type Timeouts,
  type Utterance,
  type Validator,
} from '@braid/stream'
// Operations and the Builder
export { Builder } from './builder.ts'
export { CancelToken } from './cancel-token.ts'
export { lines, sentences, words } from './pieces.ts'
export { type OpenOptions, Session, type SessionOptions } from './session.ts'
export { type StreamName, StreamProcessor } from './stream-processor.ts'
