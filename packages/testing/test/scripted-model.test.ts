import { BraidError, type ModelChunk, NO_METADATA } from '@braid/core'
import { describe, expect, test } from 'vitest'
import { scriptedModel } from '../src/index.ts'

async function chunksOf(stream: AsyncIterable<ModelChunk>): Promise<ModelChunk[]> {
  const chunks: ModelChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

const typesOf = (chunks: readonly ModelChunk[]): string[] => chunks.map(({ type }) => type)

describe('a scripted model', () => {
  test('says a string in word-like deltas, inside the whole chunk protocol', async () => {
    const model = scriptedModel('It scatters  blue light.\n')
    const chunks = await chunksOf(model.invoke('Why is the sky blue?'))
    expect(typesOf(chunks)).toEqual([
      'message-start',
      'text-start',
      ...Array.from({ length: 5 }, () => 'text-delta'),
      'text-end',
      'finish',
    ])
    expect(chunks.flatMap((chunk) => ('data' in chunk ? [chunk.data] : []))).toEqual([
      'It',
      ' scatters',
      '  blue',
      ' light.',
      '\n',
    ])
  })

  test('counts one token per delta and says that it is an estimate', async () => {
    const message = await scriptedModel('It scatters blue light.').invoke('Why is the sky blue?').response
    expect(message.content.usage).toEqual({ inputTokens: 5, outputTokens: 4, totalTokens: 9, estimated: true })
    expect(message.content.finishReason).toBe('stop')
  })

  test('reports the usage it was given', async () => {
    const usage = { inputTokens: 70, outputTokens: 7 }
    const message = await scriptedModel('one two', { usage }).invoke('?').response
    expect(message.content.usage).toEqual(usage)
  })

  test('cuts long words and never a character', async () => {
    const text = `${'天気'.repeat(20)}${'😀'.repeat(20)}`
    const pieces: string[] = []
    for await (const piece of scriptedModel(text).invoke('?').text()) pieces.push(piece)
    expect(pieces.join('')).toBe(text)
    expect(pieces.length).toBe(4)
    // Half of a surrogate pair does not survive encoding.
    for (const piece of pieces) expect(Buffer.from(piece).toString()).toBe(piece)
  })

  test('a single reply answers every call; a list is used in order, and a call beyond it throws', async () => {
    const always = scriptedModel('again')
    expect((await always.invoke('1').response).text).toBe('again')
    expect((await always.invoke('2').response).text).toBe('again')

    const listed = scriptedModel(['first', ['sec', 'ond']], { name: 'writer' })
    expect((await listed.invoke('1').response).text).toBe('first')
    expect((await listed.invoke('2').response).text).toBe('second')
    await expect(listed.invoke('3').response).rejects.toThrow(/"writer" has 2 replies and this is call 3/)
    await expect(listed.invoke('3').response).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('remembers the requests that were read, and sends nothing before', async () => {
    const model = scriptedModel('ok')
    const unread = model.invoke('never read')
    await model.invoke({ messages: [{ role: 'user', content: 'read' }] }).response
    expect(unread.partial.text).toBe('')
    expect(model.calls).toEqual([{ messages: [{ role: 'user', content: 'read' }] }])
  })

  test('answers by a function of the request', async () => {
    const model = scriptedModel(async ({ messages }) => `${messages.length} messages`)
    expect((await model.invoke({ messages: [] }).response).text).toBe('0 messages')
    expect((await model.invoke('one').response).text).toBe('1 messages')
  })

  test('throws an error of its script after what came before it', async () => {
    const failure = new BraidError('overloaded', 'the script says so')
    const stream = scriptedModel([['so ', 'far', failure]]).invoke('?')
    const seen: string[] = []
    await expect(
      (async () => {
        for await (const piece of stream.text()) seen.push(piece)
      })(),
    ).rejects.toBe(failure)
    expect(seen).toEqual(['so ', 'far'])
    expect(stream.partial).toMatchObject({ status: 'partial', text: 'so far' })
  })

  test('throws an error that is a whole reply before any chunk', async () => {
    const failure = new BraidError('rate_limited', 'slow down')
    await expect(chunksOf(scriptedModel(failure).invoke('?'))).rejects.toBe(failure)
  })

  test('adds what is missing around chunks of its own', async () => {
    const call = { toolCallId: 'c1', toolName: 'weather', input: { city: 'Oslo' } }
    const toolCall: ModelChunk = {
      type: 'tool-call',
      ...call,
      rawInput: '{"city":"Oslo"}',
      candidate: 0,
      metadata: NO_METADATA,
    }
    const chunks = await chunksOf(scriptedModel([['Let me look.', toolCall]]).invoke('?'))
    expect(typesOf(chunks)).toEqual(['message-start', 'text-start', 'text-delta', 'text-end', 'tool-call', 'finish'])
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'tool-calls' })
  })

  test('ends each of several candidates once', async () => {
    const delta = (candidate: number): ModelChunk => ({
      type: 'text-delta',
      id: `t${candidate}`,
      data: `answer ${candidate}`,
      candidate,
      metadata: NO_METADATA,
    })
    const chunks = await chunksOf(scriptedModel([[delta(0), delta(1)]]).invoke('?'))
    for (const candidate of [0, 1]) {
      expect(typesOf(chunks.filter((chunk) => chunk.candidate === candidate))).toEqual([
        'message-start',
        'text-delta',
        'finish',
      ])
    }
  })

  test('produces only what is read, and cleans its script up when the reader leaves', async () => {
    let produced = 0
    let cleaned = false
    const model = scriptedModel(function* () {
      try {
        for (;;) yield `${produced++} `
      } finally {
        cleaned = true
      }
    })
    let seen = 0
    for await (const _ of model.invoke('?').text()) if (++seen === 6) break
    expect(produced).toBe(6)
    expect(cleaned).toBe(true)
  })

  test('stops at once when the signal aborts, also while its script waits for ever', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const model = scriptedModel(async function* () {
      yield 'so far'
      await new Promise(() => {})
    })
    const stream = model.invoke('?', { signal: controller.signal })
    await expect(
      (async () => {
        for await (const _ of stream.text()) setImmediate(() => controller.abort(reason))
      })(),
    ).rejects.toBe(reason)
  })

  test('stops at once when the signal aborts during a delay', async () => {
    const controller = new AbortController()
    const stream = scriptedModel('a b', { delay: 2 ** 30 }).invoke('?', { signal: controller.signal })
    await expect(
      (async () => {
        for await (const _ of stream.text()) setImmediate(() => controller.abort(new Error('enough')))
      })(),
    ).rejects.toThrow('enough')
  })

  test('a script that fails after it has aborted its own signal is heard by nobody, and ends no process', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): number => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const controller = new AbortController()
    const model = scriptedModel(async function* () {
      controller.abort(new Error('enough'))
      await new Promise(setImmediate)
      if (controller.signal.aborted) throw new Error('too late')
      yield 'never said'
    })
    const failing = scriptedModel(async () => {
      await new Promise(setImmediate)
      throw new Error('too late')
    })
    await expect(model.invoke('?', { signal: controller.signal }).response).rejects.toThrow('enough')
    const other = new AbortController()
    const stream = failing.invoke('?', { signal: other.signal })
    const answer = expect(stream.response).rejects.toThrow('enough')
    other.abort(new Error('enough'))
    await answer
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('lets the event loop turn while a reader takes 10,000 deltas that never wait', async () => {
    let turns = 0
    let reading = true
    const turn = (): void => {
      turns++
      if (reading) setImmediate(turn)
    }
    setImmediate(turn)
    const model = scriptedModel(function* () {
      for (let at = 0; at < 10_000; at++) yield 'x'
    })
    let deltas = 0
    for await (const _ of model.invoke('?').text()) deltas++
    reading = false
    expect(deltas).toBe(10_000)
    expect(turns).toBeGreaterThanOrEqual(10)
  })
})
