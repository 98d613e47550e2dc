import { Manifest, manifests } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, only, read, textOf } from './reading.ts'

const { gemini } = manifests
const manifest = Manifest.parse({
  ...gemini,
  streaming: { ...gemini.streaming, decoder: { format: 'gemini_json' } },
})
const frame = (text: string, finishReason?: string) => ({
  candidates: [{ content: { parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) }],
})

describe('one JSON array, streamed', () => {
  it('gives each object as soon as its last brace is there', () => {
    const stream = JSON.stringify([frame('"}]{[\\'), frame('Käfer 🪲', 'STOP')], null, 2)
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(manifest, pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks)).toBe('"}]{[\\Käfer 🪲')
      expect(only(chunks, 'finish')).toHaveLength(1)
    }
  })

  it('is whole after its finish reason, even without the last bracket, and truncated before', () => {
    const stream = JSON.stringify([frame('a'), frame('b', 'STOP')])
    expect(read(manifest, [stream.slice(0, -1)]).error).toBeUndefined()
    const { chunks, error } = read(manifest, [stream.slice(0, -3)])
    expect(textOf(chunks)).toBe('a')
    expect(error?.code).toBe('stream_truncated')
  })

  it('may be an error, alone or in the array', () => {
    const error = { error: { code: 503, status: 'UNAVAILABLE' } }
    expect(read(manifest, [JSON.stringify(error)]).error?.code).toBe('overloaded')
    expect(read(manifest, [JSON.stringify([frame('a'), error])]).error?.code).toBe('overloaded')
  })

  it('is refused where it is something else, or too large', () => {
    expect(read(manifest, ['<html>']).error?.code).toBe('malformed_frame')
    const large = JSON.stringify([frame('x'.repeat(2000))])
    for (const pieces of [[large], bytesOf(large)]) {
      expect(read(manifest, pieces, { frameBytes: 1000 }).error?.code).toBe('frame_too_large')
    }
  })
})
