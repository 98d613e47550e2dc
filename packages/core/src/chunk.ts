import type { BraidError } from './error.ts'
import type { FilePart, FinishReason, SourcePart, ToolCall, ToolOutcome } from './message.ts'
import type { Outcome } from './operation.ts'
import type { Usage } from './usage.ts'

export interface ChunkBase {
  /** Which of `n` answers this belongs to, from 0. */
  readonly candidate: number
  /** The provider's own fields of this frame, such as `finish_reason`; empty where there was no frame. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The provider's frame, parsed and otherwise as it came; undefined where there was none. Live only, never stored. */
  readonly rawResponse?: unknown
}

/** A chunk of one block: a run of text, reasoning or tool input. The same bytes give the same ids. */
interface Block<K extends string> extends ChunkBase {
  readonly type: K
  readonly id: string
}

/** `data` is text, and only deltas have it. */
interface Delta<K extends string> extends Block<K> {
  readonly data: string
}

/**
 * What a model says.
 *
 * The protocol, per candidate: `message-start` first; then blocks, each `-start`, any number of `-delta`, `-end`, which may
 * interleave; a `tool-call` after its `tool-input-end`; and one `finish` last. `usage` may come anywhere and more than once (the last
 * one counts); `finish` carries the whole of it. There is no error chunk: a stream yields what came and then throws, and one that
 * stops before its `finish` throws `stream_truncated`.
 */
export type ModelChunk =
  | (Block<'message-start'> & {
      readonly model: string
      /** The manifest that read it: only its provider can read the signatures of its reasoning. */
      readonly provider?: string
    })
  | Block<'text-start'>
  | Delta<'text-delta'>
  | Block<'text-end'>
  | Block<'reasoning-start'>
  | Delta<'reasoning-delta'>
  | (Block<'reasoning-end'> & { readonly signature?: string; readonly redacted?: string })
  | Block<'refusal-start'>
  | Delta<'refusal-delta'>
  | Block<'refusal-end'>
  | (Block<'tool-input-start'> & { readonly toolName: string })
  | Delta<'tool-input-delta'>
  | Block<'tool-input-end'>
  | (ChunkBase &
      ToolCall & {
        readonly type: 'tool-call'
        /** The arguments as the model wrote them. */
        readonly rawInput: string
        /** Set where they did not parse: such a call is never run. */
        readonly invalid?: BraidError
        /** The provider runs this tool itself. */
        readonly providerExecuted?: boolean
      })
  | (ChunkBase & SourcePart)
  | (ChunkBase & FilePart)
  | (ChunkBase & { readonly type: 'usage'; readonly usage: Usage })
  | (ChunkBase & {
      readonly type: 'finish'
      readonly finishReason: FinishReason
      readonly rawFinishReason?: string
      readonly usage: Usage
    })
  | Block<'redaction'>
  | (ChunkBase & { readonly type: 'raw' })

/**
 * One event of one operation.
 *
 * The protocol: an operation gives `operation-start`, what its models say, its steps and tools, and then exactly one `operation-end`; one
 * that never started gives only the end. A step is one model call with what it calls, between `start-step` and `finish-step`. A call comes
 * to one `tool-result` that is not `preliminary`, or to one `tool-error`, as these happen; `outcomes` has them in the order of the calls.
 * `operation-reset` begins a new attempt: forget what you showed. Chunks of one operation keep their order, operations interleave as they
 * arrive, and no operation's first chunk precedes what satisfied its edges. `completed` is shown only when the result is in the store.
 */
export type Chunk =
  | ModelChunk
  | (ChunkBase & {
      readonly type: 'operation-start'
      readonly kind: string
      readonly attempt: number
      readonly imodel?: string
    })
  | (ChunkBase & { readonly type: 'operation-reset'; readonly attempt: number; readonly error: BraidError })
  | (ChunkBase & { readonly type: 'operation-end' } & Outcome)
  | (ChunkBase & { readonly type: 'start-step'; readonly step: number })
  | (ChunkBase & {
      readonly type: 'finish-step'
      /** From 1. */
      readonly step: number
      /** What its calls came to, in the order of the calls. */
      readonly outcomes: readonly ToolOutcome[]
      readonly usage: Usage
    })
  | (ChunkBase &
      ToolCall & {
        readonly type: 'tool-result'
        readonly output: unknown
        /** What a tool reports on its way; its result is still to come. */
        readonly preliminary?: boolean
      })
  | (ChunkBase & ToolCall & { readonly type: 'tool-error'; readonly error: BraidError })
  | (ChunkBase &
      ToolCall & {
        readonly type: 'tool-approval-request'
        /** What `approve` and `deny` are given. */
        readonly approvalId: string
      })
  | (ChunkBase & { readonly type: 'object'; readonly object: unknown })
  | CustomChunk

/** Whatever an operation of your own wants to say. */
export type CustomChunk = ChunkBase & { readonly type: 'custom'; readonly name: string; readonly value: unknown }

/** One variant by its name: `ChunkOf<'tool-call'>`. */
export type ChunkOf<K extends Chunk['type']> = Extract<Chunk, { type: K }>

/** The `metadata` of every chunk that no frame stands behind. */
export const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({})
