import type { ModelChunk } from '@braid/core'

const ENDS = {
  'text-end': 'text-start',
  'reasoning-end': 'reasoning-start',
  'refusal-end': 'refusal-start',
  'tool-input-end': 'tool-input-start',
} as const

/** Where chunks break the protocol that `ModelChunk` states, in words. */
export function violations(chunks: readonly ModelChunk[], whole: boolean): string[] {
  const found: string[] = []
  const open = new Map<string, string>()
  const closed = new Set<string>()
  const started = new Set<number>()
  const finished = new Set<number>()
  for (const chunk of chunks) {
    const { candidate, type } = chunk
    const of = (id: string) => `${candidate} ${id}`
    if (finished.has(candidate)) found.push(`${type} after the finish of candidate ${candidate}`)
    if (!started.has(candidate) && type !== 'message-start' && type !== 'raw')
      found.push(`${type} before message-start`)
    switch (type) {
      case 'message-start':
        if (started.has(candidate)) found.push('a second message-start')
        started.add(candidate)
        break
      case 'text-start':
      case 'reasoning-start':
      case 'refusal-start':
      case 'tool-input-start':
        if (open.has(of(chunk.id)) || closed.has(of(chunk.id))) found.push(`${chunk.id} starts again`)
        open.set(of(chunk.id), type)
        break
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
      case 'tool-input-delta':
        if (open.get(of(chunk.id)) !== type.replace('-delta', '-start'))
          found.push(`${type} of ${chunk.id}, which is not open`)
        if (chunk.data === '') found.push(`an empty ${type}`)
        break
      case 'text-end':
      case 'reasoning-end':
      case 'refusal-end':
      case 'tool-input-end':
        if (open.get(of(chunk.id)) !== ENDS[type]) found.push(`${type} of ${chunk.id}, which is not open`)
        open.delete(of(chunk.id))
        closed.add(of(chunk.id))
        break
      case 'tool-call':
        if (!closed.has(of(chunk.toolCallId))) found.push(`tool-call ${chunk.toolCallId} before its tool-input-end`)
        break
      case 'finish':
        finished.add(candidate)
        break
      case 'source':
      case 'file':
      case 'usage':
      case 'raw':
      case 'redaction':
        break
      default:
        chunk satisfies never
    }
  }
  if (whole && open.size > 0) found.push(`still open: ${[...open.keys()].join(', ')}`)
  return found
}
