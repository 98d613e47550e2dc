import { alternating, type Speech } from './alternating.ts'
import { type Attachment, refused } from './attachment.ts'
import type { Encoder, EncoderContext } from './encoder.ts'
import { inputOf, type ResultPart, jsonText, type SaidPart, type Turn } from './turn.ts'

type Block = Readonly<Record<string, unknown>>

/**
 * System text goes before the conversation, wherever it stood; roles alternate, and results are the user's, before anything else that is said. Reasoning goes
 * back before the calls that it led to, with its signature, or as it was encrypted.
 * https://docs.anthropic.com/en/api/messages
 */
export const anthropicMessages: Encoder = {
  messages(turns, { data, cache }) {
    const system = turns.filter((turn) => turn.role === 'system')
    const talk = alternating(turns.flatMap((turn) => speechOf(turn, data.id)))
    return {
      ...(system.length === 0
        ? {}
        : {
            system: marked(
              system.map(({ text }) => ({ type: 'text', text })),
              cache,
            ),
          }),
      messages: talk.map(({ role, parts }, at) => ({
        role,
        content: at === talk.length - 1 ? marked(trimmed(role, parts), cache) : parts,
      })),
    }
  },
  tools({ tools, choice }) {
    if (tools.length === 0) return {}
    return {
      tools: tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
      ...(choice === undefined
        ? {}
        : {
            tool_choice:
              typeof choice === 'object'
                ? { type: 'tool', name: choice.toolName }
                : { type: choice === 'required' ? 'any' : choice },
          }),
    }
  },
}

/**
 * What stands up to the mark is kept: the tools and the system's words, and the conversation so far. Reasoning takes no mark.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
function marked(blocks: readonly Block[], cache: EncoderContext['cache']): readonly Block[] {
  const at = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking')
  if (cache === undefined || at === -1) return blocks
  return blocks.with(at, {
    ...blocks[at],
    cache_control: { type: 'ephemeral', ...(cache === '5m' ? {} : { ttl: cache }) },
  })
}

function speechOf(turn: Turn, provider: string): readonly Speech<'user' | 'assistant', Block>[] {
  switch (turn.role) {
    case 'system':
      return []
    case 'user':
      return [
        {
          role: 'user',
          parts: [
            ...turn.files.map((file) => fileBlock(file, provider)),
            ...(turn.text === '' ? [] : [{ type: 'text', text: turn.text }]),
          ],
        },
      ]
    case 'assistant':
      return [{ role: 'assistant', parts: turn.parts.flatMap(blockOf) }]
    case 'tool':
      return [{ role: 'user', parts: turn.results.map(resultBlock) }]
    default:
      return turn satisfies never
  }
}

function blockOf(part: SaidPart): readonly Block[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'call':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: inputOf(part) }]
    case 'reasoning': {
      const { text, signature, redacted } = part
      // What was cut off before its signature is refused.
      if (signature !== undefined) return [{ type: 'thinking', thinking: text, signature }]
      return redacted === undefined ? [] : [{ type: 'redacted_thinking', data: redacted }]
    }
    case 'made':
      return []
    default:
      return part satisfies never
  }
}

const IMAGES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Before the text: that is where they are understood best. https://platform.claude.com/docs/en/build-with-claude/vision */
function fileBlock(file: Attachment, provider: string): Block {
  const { mediaType, base64, url } = file
  const source = url === undefined ? { type: 'base64', media_type: mediaType, data: base64 } : { type: 'url', url }
  if (IMAGES.has(mediaType)) return { type: 'image', source }
  if (mediaType === 'application/pdf') return { type: 'document', source }
  if (mediaType === 'text/plain' && base64 !== undefined) {
    const data = Buffer.from(base64, 'base64').toString()
    return { type: 'document', source: { type: 'text', media_type: mediaType, data } }
  }
  throw refused(provider, file, 'JPEG, PNG, GIF, WebP and PDF; plain text by its bytes')
}

function resultBlock({ id, name, failed, output }: ResultPart): Block {
  const content = typeof output === 'string' ? output : jsonText(output ?? null, `the result of the tool "${name}"`)
  return { type: 'tool_result', tool_use_id: id, content, ...(failed ? { is_error: true } : {}) }
}

/** The API refuses an answer to be continued that ends in white space. */
function trimmed(role: string, blocks: readonly Block[]): readonly Block[] {
  const last = blocks.at(-1)
  if (role !== 'assistant' || typeof last?.['text'] !== 'string') return blocks
  return blocks.with(-1, { ...last, text: last['text'].trimEnd() })
}
