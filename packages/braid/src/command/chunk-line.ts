import type { ModelChunk, Usage } from '@braid/core'
import type { styles } from './style.ts'

type Styles = ReturnType<typeof styles>

/** Wide enough for `tool-input-delta`. */
const NAME = 18

/** One chunk in one line: what it is, and what it says. Text is quoted, so that no control character reaches the terminal. */
export function chunkLine(chunk: ModelChunk, { bold, dim, green, red, yellow }: Styles): string {
  const name = chunk.type.padEnd(NAME)
  const line = (style: (text: string) => string, ...said: string[]): string =>
    [chunk.candidate === 0 ? '' : dim(`#${chunk.candidate} `), style(name), ...said].join('').trimEnd()
  switch (chunk.type) {
    case 'message-start':
      return line(bold, chunk.model, dim(` ${chunk.id}`))
    case 'text-start':
    case 'text-end':
    case 'reasoning-start':
    case 'refusal-start':
    case 'refusal-end':
    case 'tool-input-end':
    case 'redaction':
      return line(dim, dim(chunk.id))
    case 'tool-input-start':
      return line(dim, chunk.toolName, dim(` ${chunk.id}`))
    case 'reasoning-end':
      return line(dim, dim(chunk.id), signed(chunk.signature, chunk.redacted))
    case 'text-delta':
      return line(green, quoted(chunk.data))
    case 'reasoning-delta':
      return line(dim, dim(quoted(chunk.data)))
    case 'refusal-delta':
      return line(red, quoted(chunk.data))
    case 'tool-input-delta':
      return line(yellow, quoted(chunk.data))
    case 'tool-call': {
      const ran = chunk.providerExecuted ? dim(' run by the provider') : ''
      const input = chunk.invalid ? quoted(chunk.rawInput) + red(` ${chunk.invalid.code}`) : JSON.stringify(chunk.input)
      return line(yellow, `${chunk.toolName} ${input}`, dim(` ${chunk.toolCallId}`), ran)
    }
    case 'source':
      return line(
        dim,
        [chunk.title, chunk.url]
          .filter((word) => word !== undefined)
          .map(quoted)
          .join(' ') || chunk.id,
      )
    case 'file':
      return line(
        dim,
        chunk.mediaType,
        ` ${chunk.url === undefined ? `${chunk.bytes?.length ?? 0} bytes` : quoted(chunk.url)}`,
      )
    case 'usage':
      return line(dim, usageText(chunk.usage))
    case 'finish':
      return line(bold, finishText(chunk.finishReason, chunk.rawFinishReason), dim(` ${usageText(chunk.usage)}`))
    case 'raw':
      return line(red, quoted(chunk.rawResponse))
    default:
      return chunk satisfies never
  }
}

/** `12 in, 30 out, 8 of them reasoning`. */
export function usageText(usage: Usage): string {
  const counts = [
    [usage.inputTokens, 'in'],
    [usage.outputTokens, 'out'],
    [usage.cachedTokens, 'cached'],
    [usage.cacheWriteTokens, 'written to the cache'],
    [usage.reasoningTokens, 'reasoning'],
  ] as const
  const known = counts.flatMap(([count, of]) => (count === undefined ? [] : [`${count} ${of}`]))
  return known.length > 0 ? known.join(', ') : 'no counts'
}

/** Braid's word, and the provider's where it is another one. */
export function finishText(reason: string, raw: string | undefined): string {
  return raw === undefined || raw === reason ? reason : `${reason} (${raw})`
}

function signed(signature: string | undefined, redacted: string | undefined): string {
  const signs = signature === undefined ? '' : `, signature of ${signature.length} characters`
  return redacted === undefined ? signs : `${signs}, redacted: ${redacted.length} characters`
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
