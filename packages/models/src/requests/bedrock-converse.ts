import { alternating, type Speech } from './alternating.ts'
import { type Attachment, refused } from './attachment.ts'
import type { Encoder } from './encoder.ts'
import { outputText } from './openai-chat.ts'
import { inputOf, jsonText, type ResultPart, type SaidPart, type Turn } from './turn.ts'

type Block = Readonly<Record<string, unknown>>

/** What stands before it is kept: a block of its own. https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
function cachePoint(cache: string | undefined): readonly Block[] {
  return cache === undefined ? [] : [{ cachePoint: { type: 'default', ...(cache === '5m' ? {} : { ttl: cache }) } }]
}

/**
 * System text goes before the conversation, wherever it stood; roles alternate, results are the user's, and every block is named for what it is.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export const bedrockConverse: Encoder = {
  messages(turns, { data, model, cache }) {
    const system = turns.filter((turn) => turn.role === 'system')
    let documents = 0
    const nameOf = (): string => `document-${++documents}`
    const talk = alternating(turns.flatMap((turn) => speechOf(turn, { provider: data.id, model, nameOf })))
    return {
      ...(system.length === 0 ? {} : { system: [...system.map(({ text }) => ({ text })), ...cachePoint(cache)] }),
      messages: talk.map(({ role, parts }, at) => ({
        role,
        content: at === talk.length - 1 ? [...trimmed(role, parts), ...cachePoint(cache)] : parts,
      })),
    }
  },
  tools({ tools, choice }) {
    // Not to call is to be offered nothing: there is no word for it.
    if (tools.length === 0 || choice === 'none') return {}
    return {
      toolConfig: {
        tools: tools.map(({ name, description, schema }) => ({
          toolSpec: { name, ...(description === '' ? {} : { description }), inputSchema: { json: schema } },
        })),
        ...(choice === undefined
          ? {}
          : {
              toolChoice:
                typeof choice === 'object'
                  ? { tool: { name: choice.toolName } }
                  : { [choice === 'required' ? 'any' : 'auto']: {} },
            }),
      },
    }
  },
}

interface Speaking {
  readonly provider: string
  readonly model: string
  readonly nameOf: () => string
}

function speechOf(turn: Turn, { provider, model, nameOf }: Speaking): readonly Speech<'user' | 'assistant', Block>[] {
  switch (turn.role) {
    case 'system':
      return []
    case 'user':
      return [
        {
          role: 'user',
          parts: [
            ...turn.files.map((file) => fileBlock(file, provider, nameOf)),
            ...(turn.text === '' ? [] : [{ text: turn.text }]),
          ],
        },
      ]
    case 'assistant':
      return [{ role: 'assistant', parts: turn.parts.flatMap(blockOf) }]
    case 'tool':
      return [{ role: 'user', parts: turn.results.map((result) => resultBlock(result, model)) }]
    default:
      return turn satisfies never
  }
}

function blockOf(part: SaidPart): readonly Block[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text }]
    case 'call':
      return [{ toolUse: { toolUseId: part.id, name: part.name, input: inputOf(part) } }]
    case 'reasoning': {
      const { text, signature, redacted } = part
      if (signature !== undefined) return [{ reasoningContent: { reasoningText: { text, signature } } }]
      return redacted === undefined ? [] : [{ reasoningContent: { redactedContent: redacted } }]
    }
    case 'made':
      return []
    default:
      return part satisfies never
  }
}

/** Only Claude and Nova take the mark of a result that failed; for any other its text says it. */
function resultBlock(result: ResultPart, model: string): Block {
  const { id, name, failed, output } = result
  const marks = /anthropic\.|amazon\.nova/.test(model)
  const text = !marks
    ? outputText(result)
    : typeof output === 'string'
      ? output
      : jsonText(output ?? null, `the result of the tool "${name}"`)
  // An empty text is refused.
  const content = [{ text: text === '' ? ' ' : text }]
  return { toolResult: { toolUseId: id, content, ...(failed && marks ? { status: 'error' } : {}) } }
}

const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
}
const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html: bytes, or what is in S3. */
function fileBlock(file: Attachment, provider: string, nameOf: () => string): Block {
  const { mediaType, base64, url } = file
  const source =
    base64 !== undefined ? { bytes: base64 } : url?.startsWith('s3://') ? { s3Location: { uri: url } } : null
  const image = IMAGES[mediaType]
  if (source !== null && image !== undefined) return { image: { format: image, source } }
  const document = DOCUMENTS[mediaType]
  if (source !== null && document !== undefined) return { document: { format: document, name: nameOf(), source } }
  throw refused(provider, file, 'PNG, JPEG, GIF, WebP, PDF, text and office documents, by their bytes or as s3://…')
}

/** The API refuses an answer to be continued that ends in white space. */
function trimmed(role: string, blocks: readonly Block[]): readonly Block[] {
  const last = blocks.at(-1)
  if (role !== 'assistant' || typeof last?.['text'] !== 'string') return blocks
  return blocks.with(-1, { text: last['text'].trimEnd() })
}
