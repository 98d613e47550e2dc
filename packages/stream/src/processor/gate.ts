import { type Assembler, type BlockType, type ModelChunk, NO_METADATA } from '@braid/core'

/** What a validator is asked about, before it is shown. */
export interface Utterance {
  readonly candidate: number
  readonly id: string
  readonly type: BlockType
  /** The whole block, this piece included. */
  readonly text: string
  /** This piece. */
  readonly data: string
}

export type Validator = (utterance: Utterance) => boolean

/** Lets through what a validator allows. Of a block that it refused nothing more passes; a `redaction` takes back what did. */
export class Gate {
  readonly #validate: Validator
  readonly #refused = new Set<string>()

  constructor(validate: Validator) {
    this.#validate = validate
  }

  /** What may be shown of a chunk. No frame is shown: it holds what the validator has not seen. */
  pass(chunk: ModelChunk, message: Assembler): ModelChunk | undefined {
    const { rawResponse: _, ...rest } = chunk
    const shown = rest as ModelChunk
    const { candidate } = chunk
    switch (chunk.type) {
      case 'text-delta':
      case 'refusal-delta':
      case 'reasoning-delta':
      case 'tool-input-delta': {
        const { id, data } = chunk
        const text = (message.block(id)?.text ?? '') + data
        return this.#asked(shown, { candidate, id, type: TYPE[chunk.type], text, data })
      }
      case 'tool-call': {
        const { toolCallId: id, rawInput } = chunk
        // Its input was seen piece by piece, unless it came whole.
        if (!this.#refused.has(keyOf(candidate, id)) && message.block(id)?.text === rawInput) return shown
        return this.#asked(shown, { candidate, id, type: 'tool-input', text: rawInput, data: rawInput })
      }
      case 'reasoning-end': {
        if (!this.#refused.has(keyOf(candidate, chunk.id))) return shown
        const { type, id, metadata } = chunk
        return { type, candidate, id, metadata }
      }
      default:
        return shown
    }
  }

  #asked(shown: ModelChunk, utterance: Utterance): ModelChunk | undefined {
    const { candidate, id } = utterance
    const key = keyOf(candidate, id)
    if (this.#refused.has(key)) return undefined
    if (this.#validate(utterance)) return shown
    this.#refused.add(key)
    return { type: 'redaction', candidate, id, metadata: NO_METADATA }
  }
}

const TYPE = {
  'text-delta': 'text',
  'refusal-delta': 'refusal',
  'reasoning-delta': 'reasoning',
  'tool-input-delta': 'tool-input',
} as const satisfies Partial<Record<ModelChunk['type'], BlockType>>

function keyOf(candidate: number, id: string): string {
  return `${candidate}/${id}`
}
