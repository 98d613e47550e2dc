import { BraidError, type Message, type ModelChunk, NO_METADATA, type Usage } from '@braid/core'

const BASE = { candidate: 0, metadata: NO_METADATA } as const

/** What an answer used that nobody was asked for. */
export const NOTHING_USED: Usage = Object.freeze({ inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 })

/** A message as the chunks that say it. Nothing was used for it. Throws `invalid_request` where it is none of an assistant. */
export function chunksOf(message: Message): readonly ModelChunk[] {
  const { content, id } = message
  switch (content.type) {
    case 'assistant-response': {
      const said: ModelChunk[] = [{ ...BASE, type: 'message-start', id, model: content.model }]
      content.parts.forEach((part, index) => {
        const block = `${part.type}-${index}`
        switch (part.type) {
          case 'text':
            said.push(
              { ...BASE, type: 'text-start', id: block },
              { ...BASE, type: 'text-delta', id: block, data: part.text },
              { ...BASE, type: 'text-end', id: block },
            )
            return
          case 'refusal':
            said.push(
              { ...BASE, type: 'refusal-start', id: block },
              { ...BASE, type: 'refusal-delta', id: block, data: part.text },
              { ...BASE, type: 'refusal-end', id: block },
            )
            return
          case 'reasoning': {
            const { signature, redacted } = part
            said.push({ ...BASE, type: 'reasoning-start', id: block })
            if (part.text !== '') said.push({ ...BASE, type: 'reasoning-delta', id: block, data: part.text })
            said.push({
              ...BASE,
              type: 'reasoning-end',
              id: block,
              ...(signature === undefined ? {} : { signature }),
              ...(redacted === undefined ? {} : { redacted }),
            })
            return
          }
          case 'source':
          case 'file':
            said.push({ ...BASE, ...part })
            return
          default:
            part satisfies never
        }
      })
      return [...said, { ...BASE, type: 'finish', finishReason: content.finishReason, usage: NOTHING_USED }]
    }
    case 'action-request':
      return [
        { ...BASE, type: 'message-start', id, model: '' },
        ...content.calls.map(
          (call): ModelChunk => ({ ...BASE, ...call, type: 'tool-call', rawInput: JSON.stringify(call.input) }),
        ),
        { ...BASE, type: 'finish', finishReason: 'tool-calls', usage: NOTHING_USED },
      ]
    case 'system':
    case 'instruction':
    case 'action-response':
      throw new BraidError(
        'invalid_request',
        `expected the hook beforeCall to answer with a message of the assistant; it gave one of type ${content.type}`,
      )
    default:
      return content satisfies never
  }
}
