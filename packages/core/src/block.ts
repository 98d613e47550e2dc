import type { AssistantContent, FilePart, SourcePart } from './message.ts'

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

type Part = AssistantContent['parts'][number]
/** A block from inside. Text is appended to a string, which engines keep as a rope: no copy per delta. */
export type Growing = { -readonly [K in keyof MessageBlock]: MessageBlock[K] }

/** A block, and no part that came whole. */
export function isBlock(part: Growing | SourcePart | FilePart): part is Growing {
  return part.type !== 'source' && part.type !== 'file'
}

/** A block that opened and said nothing is no part of the message; one with a signature is. Tool input is no part either: it becomes a call. */
export function partOf(part: Growing | SourcePart | FilePart): readonly Part[] {
  if (!isBlock(part)) return [{ ...part }]
  const { type, text, signature, redacted } = part
  switch (type) {
    case 'text':
    case 'refusal':
      return text === '' ? [] : [{ type, text }]
    case 'reasoning': {
      if (text === '' && signature === undefined && redacted === undefined) return []
      const proof = {
        ...(signature === undefined ? {} : { signature }),
        ...(redacted === undefined ? {} : { redacted }),
      }
      return [{ type: 'reasoning', text, ...proof }]
    }
    case 'tool-input':
      return []
    default:
      return type satisfies never
  }
}
