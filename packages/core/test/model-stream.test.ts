import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { type BatchSource, BraidError, ChunkStream, type ModelChunk, NO_METADATA } from '@braid/core'
import { describe, expect, test } from 'vitest'

const BASE = { candidate: 0, metadata: NO_METADATA }
const start: ModelChunk = { ...BASE, type: 'message-start', id: 'r-1', model: 'm' }
const delta = (data: string): ModelChunk => ({ ...BASE, type: 'text-delta', id: 'text-0', data })
const finish: ModelChunk = {
  ...BASE,
  type: 'finish',
  finishReason: 'stop',
  rawFinishReason: 'end',
  usage: { outputTokens: 2 },
}

/** A source of these batches, which counts what is done to it. */
function sourceOf(...batches: (readonly ModelChunk[] | Error)[]) {
  const seen = { opened: 0, pulled: 0, closed: 0 }
  const open: BatchSource = () => {
    seen.opened += 1
    return {
      next: async () => {
        const batch = batches[seen.pulled]
        seen.pulled += 1
        if (batch instanceof Error) throw batch
        return batch ? { value: batch, done: false } : { value: undefined, done: true }
      },
      return: async () => {
        seen.closed += 1
        return { value: undefined, done: true }
      },
    }
  }
  return { open, seen }
}

/** A source that says one batch and then nothing more until its signal aborts. */
function stalled(first: readonly ModelChunk[]) {
  const seen = { aborted: 0, closed: 0 }
  let said = false
  const open: BatchSource = (signal) => ({
    next: () => {
      if (!said) {
        said = true
        return Promise.resolve({ value: first, done: false })
      }
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          seen.aborted += 1
          reject(signal.reason)
        })
      })
    },
    return: async () => {
      seen.closed += 1
      return { value: undefined, done: true }
    },
  })
  return { open, seen }
}

describe('a model stream', () => {
  test('opens nothing before it is read', () => {
    const { open, seen } = sourceOf([start])
    new ChunkStream(open)
    expect(seen.opened).toBe(0)
  })

  test('gives every chunk once, in order, and the whole message', async () => {
    const { open } = sourceOf([start, delta('a')], [delta('b'), finish])
    const stream = new ChunkStream(open)
    const types: string[] = []
    for await (const chunk of stream) types.push(chunk.type)
    expect(types).toEqual(['message-start', 'text-delta', 'text-delta', 'finish'])
    const message = await stream.response
    expect(message).toMatchObject({ text: 'ab', status: 'complete', role: 'assistant' })
    expect(message.metadata).toEqual({ responseId: 'r-1', rawFinishReason: 'end' })
  })

  test('is read by awaiting its response alone', async () => {
    const { open } = sourceOf([start, delta('a'), finish])
    expect((await new ChunkStream(open).response).text).toBe('a')
  })

  test('has one reader: a second one is told so', async () => {
    const stream = new ChunkStream(sourceOf([start, finish]).open)
    for await (const _ of stream) break
    expect(() => stream.text()).toThrow(expect.objectContaining({ code: 'already_read' }))
  })

  test('closes its source before control returns from a break, and its response rejects as cancelled', async () => {
    const { open, seen } = sourceOf([start, delta('a')], [delta('b'), finish])
    const stream = new ChunkStream(open)
    for await (const chunk of stream) if (chunk.type === 'text-delta') break
    expect(seen).toEqual({ opened: 1, pulled: 1, closed: 1 })
    expect(stream.partial).toMatchObject({ text: 'a', status: 'partial' })
    await expect(stream.response).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('yields what came and then throws, with what came as its partial', async () => {
    const { open, seen } = sourceOf([start, delta('a')], new BraidError('stream_truncated', 'cut'))
    const stream = new ChunkStream(open)
    let text = ''
    const reading = (async () => {
      for await (const piece of stream.text()) text += piece
    })()
    await expect(reading).rejects.toMatchObject({ code: 'stream_truncated' })
    expect(text).toBe('a')
    expect(stream.partial.text).toBe('a')
    expect(seen.closed).toBe(1)
    await expect(stream.response).rejects.toMatchObject({ code: 'stream_truncated' })
  })

  test('names what a source throws, and keeps its cause', async () => {
    const cause = new TypeError('odd')
    await expect(new ChunkStream(sourceOf(cause).open).response).rejects.toMatchObject({ code: 'unknown', cause })
  })

  test('rejects with the reason of its signal, and leaves no listener on it', async () => {
    const controller = new AbortController()
    const { open, seen } = stalled([start, delta('a')])
    const stream = new ChunkStream(open, controller.signal)
    const reading = (async () => {
      for await (const chunk of stream)
        if (chunk.type === 'text-delta') globalThis.setImmediate(() => controller.abort('enough'))
    })()
    await expect(reading).rejects.toBe('enough')
    expect(seen).toEqual({ aborted: 1, closed: 1 })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('whose signal aborts between two reads is not read on', async () => {
    const controller = new AbortController()
    const { open, seen } = sourceOf([start], [delta('a'), finish])
    const iterator = new ChunkStream(open, controller.signal).batches()
    await iterator.next()
    controller.abort('enough')
    await expect(iterator.next()).rejects.toBe('enough')
    expect(seen).toEqual({ opened: 1, pulled: 1, closed: 1 })
  })

  test('of an aborted signal opens nothing', async () => {
    const { open, seen } = sourceOf([start])
    await expect(new ChunkStream(open, AbortSignal.abort('never')).response).rejects.toBe('never')
    expect(seen.opened).toBe(0)
  })

  test('can be left while a read is pending: the read is told that it is over, and the source is closed', async () => {
    const { open, seen } = stalled([start])
    const iterator = new ChunkStream(open)[Symbol.asyncIterator]()
    await iterator.next()
    const pending = iterator.next()
    await setImmediate()
    expect(await iterator.return?.()).toEqual({ value: undefined, done: true })
    expect(await pending).toEqual({ value: undefined, done: true })
    expect(seen).toEqual({ aborted: 1, closed: 1 })
  })

  test('answers nine reads at once, in order', async () => {
    const { open } = sourceOf([start, delta('a'), delta('b')], [delta('c')], [delta('d'), finish])
    const iterator = new ChunkStream(open).text()[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 9 }, () => iterator.next()))
    expect(results.map((result) => (result.done ? '.' : result.value)).join('')).toBe('abcd.....')
  })

  test('puts together what one read brought of several blocks and candidates, each to its own', async () => {
    const of = (id: string, data: string, candidate = 0) => ({ ...delta(data), id, candidate }) as ModelChunk
    const batch = [
      start,
      of('text-0', 'a'),
      of('text-0', 'b'),
      of('text-1', 'x'),
      of('text-0', 'c', 1),
      of('text-0', 'c'),
    ]
    const stream = new ChunkStream(sourceOf(batch, [of('text-1', 'y'), of('text-1', 'z'), finish]).open)
    const chunks: ModelChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks).toHaveLength(9)
    expect((await stream.response).content.parts).toEqual([
      { type: 'text', text: 'abc' },
      { type: 'text', text: 'xyz' },
    ])
  })

  test('gives one candidate alone', async () => {
    const other: ModelChunk = { ...delta('x'), candidate: 1 } as ModelChunk
    const stream = new ChunkStream(sourceOf([start, delta('a'), other, finish]).open)
    const chunks: ModelChunk[] = []
    for await (const chunk of stream.candidate(1)) chunks.push(chunk)
    expect(chunks).toEqual([other])
  })
})

test('a source that fails while it closes is over all the same: its response rejects, and nothing listens any more', async () => {
  for (const failing of [false, true]) {
    const { open } = failing ? sourceOf(new BraidError('overloaded', 'busy')) : sourceOf([start, delta('so')], [finish])
    const controller = new AbortController()
    const closing: BatchSource = (signal) => ({
      ...open(signal),
      return: () => Promise.reject(new Error('could not clean up')),
    })
    const stream = new ChunkStream(closing, controller.signal)
    const reading = (async () => {
      for await (const _ of stream) break
    })()
    await expect(reading).rejects.toThrow(failing ? 'busy' : 'could not clean up')
    await expect(stream.response).rejects.toMatchObject({ code: failing ? 'overloaded' : 'cancelled' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  }
})

test('what has arrived is one and the same message once the reading has ended', async () => {
  const { open } = sourceOf([start, delta('so far')], new BraidError('overloaded', 'busy'))
  const stream = new ChunkStream(open)
  await expect(stream.response).rejects.toThrow('busy')
  expect(stream.partial.text).toBe('so far')
  expect(stream.partial).toBe(stream.partial)
})
