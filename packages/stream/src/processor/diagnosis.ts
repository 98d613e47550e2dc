import { BraidError, type ModelChunk, type Violation } from '@braid/core'

export type Finding = Violation | 'after-finish' | 'after-end'

/** What is wrong with a chunk, in words. It names types and ids, never what was said. */
export function diagnosisOf(finding: Finding, chunk: ModelChunk): BraidError {
  const id = 'id' in chunk ? ` of ${chunk.id.slice(0, 64)}` : ''
  return new BraidError(
    'protocol_violation',
    `expected chunks in the order of their protocol, got \`${chunk.type}\`${id} ${FOUND[finding]}`,
  )
}

const FOUND = {
  'message-started-twice': 'again before the finish. What was said is kept',
  'block-started-twice': 'while its block is open. It is taken as a block of its own',
  'delta-without-start': 'whose start never came. The block is opened',
  'delta-after-end': 'after the end of its block. It is appended',
  'end-without-start': 'whose start never came. It is passed over',
  'block-ended-twice': 'a second time. It is passed over',
  'block-changed-type': 'with the id of a block of another type. The blocks are kept apart',
  'block-left-open': 'while blocks are open. What they said is kept, and they are marked as failed',
  'after-finish': 'after the finish of its candidate. It is passed over',
  'after-end': 'after the message failed or was aborted. It is passed over',
} as const satisfies Record<Finding, string>

/** A call that the token limit cut off did not go wrong by itself: more tokens help, a repair does not. */
export function cutOff(toolName: string, invalid: BraidError): BraidError {
  return new BraidError(
    'invalid_tool_input',
    `expected a whole call of ${toolName || 'a tool'}; the answer reached its token limit before the arguments were complete. Allow more tokens (maxTokens)`,
    { cause: invalid },
  )
}

export function rejected(id: string): BraidError {
  return new BraidError(
    'content_rejected',
    `expected content that the validator allows; the block ${id.slice(0, 64)} is taken away`,
  )
}

export function unproven(id: string): BraidError {
  return new BraidError(
    'invalid_signature',
    `expected the signature of ${id.slice(0, 64)} to prove its reasoning; the verifier says that it does not`,
  )
}
