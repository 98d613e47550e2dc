import type { Chunk, ErrorCode, FlowChunk } from 'braid'
import type { Answer } from './held.ts'

/** What one operation said, put together by hand from its chunks. */
export class Heard implements Answer {
  text = ''
  reasoning = ''
  finishReason: string | null = null
  usage: unknown = null
  readonly files: number[] = []
  outcome: 'completed' | 'skipped' | 'cancelled' | ErrorCode | undefined

  push(chunk: Chunk): void {
    if (chunk.candidate !== 0) return
    switch (chunk.type) {
      case 'text-delta':
        this.text += chunk.data
        break
      case 'reasoning-delta':
        this.reasoning += chunk.data
        break
      case 'file':
        this.files.push(chunk.bytes?.length ?? 0)
        break
      case 'usage':
        this.usage = chunk.usage.raw ?? null
        break
      case 'finish':
        this.finishReason = chunk.rawFinishReason ?? null
        this.usage = chunk.usage.raw ?? null
        break
      case 'operation-end':
        this.outcome = chunk.status === 'failed' ? chunk.error.code : chunk.status
        break
    }
  }
}

export interface Listening {
  readonly heard: ReadonlyMap<string, Heard>
  /** How often the stream went from one operation to another. */
  readonly switches: number
}

/** Reads a merged stream to its end. */
export async function listen(stream: AsyncIterable<FlowChunk>): Promise<Listening> {
  const heard = new Map<string, Heard>()
  let switches = 0
  let last: string | undefined
  for await (const [operationId, chunk] of stream) {
    if (last !== undefined && last !== operationId) switches++
    last = operationId
    let operation = heard.get(operationId)
    if (!operation) {
      operation = new Heard()
      heard.set(operationId, operation)
    }
    operation.push(chunk)
  }
  return { heard, switches }
}
