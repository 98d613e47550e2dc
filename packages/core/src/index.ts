// Chunks
export { type Chunk, type ChunkBase, type ChunkOf, type CustomChunk, type ModelChunk, NO_METADATA } from './chunk.ts'
export { NO_USAGE, sumUsage, type Usage } from './usage.ts'

// Messages
export {
  type ActionRequestContent,
  type ActionResponseContent,
  type AssistantContent,
  type Content,
  type FilePart,
  type FinishReason,
  type InstructionContent,
  Message,
  type MessageInit,
  type MessageLike,
  type ReasoningPart,
  type RefusalPart,
  type Role,
  type SourcePart,
  type SystemContent,
  type TextPart,
  toMessage,
  type ToolCall,
  type ToolOutcome,
} from './message.ts'

// Chunks into messages
export { Assembler } from './assemble.ts'
export type { BlockType, MessageBlock, Violation } from './block.ts'

// JSON as it grows
export { PartialJson } from './partial-json.ts'

// Operations and what became of them
export type { Operation, Outcome, ResultOf, Results } from './operation.ts'

// Ports
export type { Model, ModelRequest, ModelStream, ToolChoice } from './model.ts'
export { type JsonSchemaOf, type Schema, type SchemaResult, wordsOfIssues } from './schema.ts'
export type {
  BranchRecord,
  BranchWindow,
  Change,
  Found,
  MessageQuery,
  Pruned,
  PruneQuery,
  SearchQuery,
  SessionRecord,
  Store,
  StoreCare,
  StoreStats,
  SummaryWindow,
} from './store.ts'
export type {
  Lease,
  LogPage,
  Memo,
  NumberedRequest,
  OperationRecord,
  PlannedOperation,
  PlanRecord,
  RunQuery,
  RunReads,
  RunRecord,
  RunRequest,
} from './run-record.ts'

// What is kept, as JSON
export { decode, encode, errorFields, reviveError } from './json.ts'

// Tools
export { isProgressing, Tool, tool, type ToolContext, type ToolOptions, tookTooLong } from './tool.ts'
export { checkedInput } from './tool-input.ts'

// A model stream over batches
export { ChunkStream } from './model-stream.ts'
export type { BatchSource } from './reader.ts'

// Errors and misuse
export { checkSignal } from './abort.ts'
export { closest } from './closest.ts'
export { asBraidError, BraidError, type BraidErrorOptions, type ErrorCode, errorOf, type Issue } from './error.ts'
export { checkKnown, type Known } from './options.ts'
export { checkRetry, delayAfter, type Retry, retryOf } from './retry.ts'

// Time and chance
export { CLOCK, type Clock } from './clock.ts'

// Ids and signals
export { abortable, onAbort } from './abort.ts'
export { newId } from './id.ts'
