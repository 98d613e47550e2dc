/** What a block of a message holds. */
export type BlockType = 'text' | 'refusal' | 'reasoning' | 'tool-input'

/** One block of a message while it grows. */
export interface MessageBlock {
  readonly id: string
  readonly type: BlockType
  /** Of a tool input: the tool's name. */
  readonly toolName?: string
  /** `stopped` when its end has come. */
  readonly state: 'open' | 'stopped'
  /** What it has said so far; of a tool input, the JSON as the model writes it. */
  readonly text: string
  readonly signature?: string
  readonly redacted?: string
  /** Of a tool input: set when its `tool-call` has come. */
  readonly called?: true
  /** Set when a redaction took away what it had said. */
  readonly withdrawn?: true
}

/** What a chunk may do that the protocol of `ModelChunk` does not allow. It is repaired, so that nothing said is lost, and reported. */
export type Violation =
  | 'message-started-twice'
  | 'block-started-twice'
  | 'delta-without-start'
  | 'delta-after-end'
  | 'end-without-start'
  | 'block-ended-twice'
  | 'block-changed-type'
  | 'block-left-open'
