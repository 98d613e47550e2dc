// Sessions and history
export { type OpenOptions, Session, type SessionOptions } from './session.ts'
export {
  type AssistantContent,
  type Content,
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
  type ToolCall,
} from '@braid/core'
export type {
  BranchWindow,
  Found,
  Pruned,
  PruneQuery,
  SearchQuery,
  StoreStats,
  SummaryWindow,
} from '@braid/core'
export {
  type Ancestor,
  type AuditEntry,
  type AuditSink,
  type Branch,
  type BranchesQuery,
  type BranchOptions,
  branchTree,
  type ContextWindow,
  drawRun,
  type ForkOptions,
  type MessagesQuery,
  type Preview,
  type Services,
} from '@braid/flow'

// Models and their chunks
export type { Chunk, ChunkOf, Model, ModelChunk, ModelRequest, ModelStream, Usage } from '@braid/core'
export {
  type BreakerOptions,
  type CallInfo,
  type CallMetrics,
  type Chat,
  type ChatFormat,
  type DebugSink,
  formatMessages,
  iModel,
  type ModelConfig,
  type ModelFunction,
  type ModelHooks,
  type ModelId,
  type ModelLimits,
  type ModelOptions,
  type ModelRetry,
  parseMessages,
  type Price,
  type Prices,
  type ProviderName,
  providerNames,
  type ResponseCache,
  type WireEvent,
} from '@braid/models'

// Tools
export { type Schema, Tool, tool, type ToolContext, type ToolOptions, type ToolOutcome } from '@braid/core'

// Operations and the Builder
export { Builder } from './builder.ts'
export type { Operation, ResultOf, Retry } from '@braid/core'
export type {
  Aggregation,
  CommunicateParams,
  ExpandParams,
  GenerateParams,
  Graph,
  InterpretParams,
  Join,
  Kinds,
  Late,
  NamedShape,
  Names,
  OperationContext,
  OperationFunction,
  OperationKind,
  OperateParams,
  ParseParams,
  Plan,
  RepeatParams,
  ReactParams,
  Shape,
  StructuredKind,
  TaskFunction,
  TaskParams,
  TextKind,
  TextOptions,
  Upstream,
  Yield,
} from '@braid/flow'

// Structured answers
export type { Issue, SchemaResult } from '@braid/core'
export { type AnswerParams, jsonSchema, type Structured } from '@braid/flow'

// Running
export { CancelToken } from './cancel-token.ts'
export type { Outcome, Results } from '@braid/core'
export {
  type Bounds,
  type Budget,
  type Control,
  type DeepPartial,
  flow,
  type FlowChunk,
  type FlowHooks,
  type FlowOptions,
  type FlowStream,
  flowStream,
  type Progress,
  type Run,
  type Runs,
  type StreamOptions,
  type RunStream,
} from '@braid/flow'

// Text in whole pieces
export { lines, sentences, words } from './pieces.ts'

// Streams by hand
export { type StreamName, StreamProcessor } from './stream-processor.ts'
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

// Errors
export { BraidError, type ErrorCode } from '@braid/core'
