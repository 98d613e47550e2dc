// Words

// Signals
export { abortable, checkSignal, onAbort } from './abort.ts'
// Chunks into messages
export { Assembler } from './assemble.ts'
export type { BatchSource } from './batch-reader.ts'
export type { BlockType, MessageBlock, Violation } from './block.ts'
export { type Chunk, type ChunkBase, type ChunkOf, type CustomChunk, type ModelChunk, NO_METADATA } from './chunk.ts'
export { closest } from './closest.ts'
export { asBraidError, BraidError, type BraidErrorOptions, type ErrorCode, errorOf } from './error.ts'
export { newId } from './id.ts'
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
  type ToolCall,
  type ToolOutcome,
  toMessage,
} from './message.ts'
// Ports
export type { Model, ModelRequest, ModelStream } from './model.ts'
export { ChunkStream } from './model-stream.ts'
export type { Operation, Outcome, ResultOf, Results } from './operation.ts'
export { checkKnown, type Known } from './options.ts'
export type { Schema, SchemaResult } from './schema.ts'
export type { BranchRecord, Change, MessageQuery, OperationRecord, RunRecord, SessionRecord, Store } from './store.ts'
export { NO_USAGE, sumUsage, type Usage } from './usage.ts'
