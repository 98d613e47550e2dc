import { getEventListeners, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { BraidError, type ModelChunk, type ModelStream } from '@braid/core'
import { family, type Metrics, type StreamCallback, type StreamConfig, StreamProcessor } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { choice, sse, textOf } from './reading.ts'

const openai = family('openai-chat')
const anthropic = family('anthropic-messages')
const say = (content: string) => Buffer.from(sse(choice({ content })))
const end = Buffer.from(sse(choice({}, 'stop'), '[DONE]'))
const processor = (config: StreamConfig = {}) => new StreamProcessor(openai, config)
const word = (argumentsText: string, more: object = {}) =>
  choice({
    tool_calls: [
      { index: 0, ...more, function: { arguments: argumentsText, ...('id' in more ? { name: 'add' } : {}) } },
    ],
  })
const CALL = sse(word('{"a"', { id: 'c1' }), word(':1}'), choice({}, 'tool_calls'), '[DONE]')

/** A source that counts what is done to it; it waits for ever after its last piece unless `ends`. */
function source(pieces: readonly Uint8Array[], { ends = true } = {}) {
  const seen = { reads: 0, closed: 0 }
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      const value = pieces[seen.reads]
      seen.reads += 1
      if (value) return Promise.resolve({ value, done: false })
      return ends ? Promise.resolve({ value: undefined, done: true }) : new Promise(() => {})
    },
    return: () => {
      seen.closed += 1
      return Promise.resolve({ value: undefined, done: true })
    },
  }
  return { seen, [Symbol.asyncIterator]: () => iterator }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await setImmediate()
}

async function collect(stream: ModelStream): Promise<{ chunks: ModelChunk[]; error: unknown }> {
  const chunks: ModelChunk[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
    return { chunks, error: undefined }
  } catch (error) {
    return { chunks, error }
  }
}

/** A server that starts an answer and then says nothing, or only comments. */
async function stalled(also: (response: ServerResponse) => void = () => {}) {
  const sockets: Socket[] = []
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(say('one'))
    also(response)
  }).listen(0, '127.0.0.1')
  server.on('connection', (socket) => sockets.push(socket))
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // Not `once`, which rejects where the close is a reset: what the server had still to say then does not matter.
    closed: () =>
      Promise.all(sockets.map((socket) => socket.closed || new Promise((resolve) => socket.once('close', resolve)))),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('reading ahead', () => {
  const words = Array.from({ length: 50 }, (_, at) => say(`w${at} `))

  it('stops at so many chunks, and goes on when they are taken', async () => {
    const from = source([...words, end])
    const stream = processor({ buffer: { chunks: 5 } }).process(from)
    const reader = stream.batches()[Symbol.asyncIterator]()
    await reader.next()
    await settled()
    const ahead = from.seen.reads
    // The first piece was taken; of those after it, each with one chunk, five wait.
    expect(ahead).toBe(1 + 5)
    await reader.next()
    await settled()
    expect(from.seen.reads).toBe(ahead + 1)
    await reader.return?.()
  })

  it('stops at so many bytes', async () => {
    const from = source([...words, end])
    const stream = processor({ buffer: { chunks: 1_000, bytes: 6 } }).process(from)
    const reader = stream.batches()[Symbol.asyncIterator]()
    await reader.next()
    await settled()
    expect(from.seen.reads).toBe(1 + 2)
    await reader.return?.()
  })

  it('of nothing reads when the reader asks', async () => {
    const from = source([...words, end])
    const reader = processor({ buffer: { chunks: 0 } })
      .process(from)
      .batches()
      [Symbol.asyncIterator]()
    for (const reads of [1, 2, 3]) {
      await reader.next()
      await settled()
      expect(from.seen.reads).toBe(reads)
    }
    await reader.return?.()
  })

  it('changes nothing about the chunks', async () => {
    const whole = (config: StreamConfig) => collect(processor(config).process(source([...words, end])))
    const expected = await whole({})
    expect(expected.error).toBeUndefined()
    for (const chunks of [0, 1, 3, 1_000]) expect(await whole({ buffer: { chunks } })).toEqual(expected)
    expect(await whole({ enabled: false })).toEqual(expected)
  })

  it('lets others come to their turn while a source that is all there is read', async () => {
    let turns = 0
    let reading = true
    const others = (async () => {
      while (reading) {
        await setImmediate()
        turns += 1
      }
    })()
    const many = Array.from({ length: 20_000 }, () => say('x'))
    await processor().process([...many, end]).response
    reading = false
    await others
    expect(turns).toBeGreaterThan(10)
  })
})

describe('`enabled: false`', () => {
  it('gives nothing before the source has been read whole', async () => {
    const from = source([say('a'), say('b'), end])
    const reader = processor({ enabled: false }).process(from).batches()[Symbol.asyncIterator]()
    await reader.next()
    expect(from.seen.reads).toBeGreaterThanOrEqual(3)
    await reader.return?.()
  })

  it('gives what came before a failure, and then the failure', async () => {
    const { chunks, error } = await collect(processor({ enabled: false }).process([say('a')]))
    expect(textOf(chunks)).toBe('a')
    expect(error).toMatchObject({ code: 'stream_truncated' })
  })
})

describe('`toolStreaming: false`', () => {
  it('gives calls whole and not as they are written', async () => {
    const types = async (config: StreamConfig) =>
      (await collect(processor(config).process(Buffer.from(CALL)))).chunks.map(({ type }) => type)
    expect(await types({ toolStreaming: false })).toEqual(['message-start', 'tool-call', 'finish'])
    expect(await types({})).toContain('tool-input-delta')
  })
})

describe('a timeout', () => {
  it('of `first` is for a source that says nothing', async () => {
    const from = source([], { ends: false })
    const { error } = await collect(processor({ timeout: { first: 20 } }).process(from))
    expect(error).toMatchObject({ code: 'timeout', retryable: true })
    expect(String(error)).toContain('timeout.first')
    expect(from.seen.closed).toBe(1)
  })

  it('of `idle` counts content: keep-alives do not defeat it, and the socket is closed', async () => {
    let alive: NodeJS.Timeout | undefined
    await using server = await stalled((response) => {
      alive = setInterval(() => response.write(': keep-alive\n\n'), 5)
    })
    const stream = processor({ timeout: { idle: 40 } }).process(await fetch(server.url))
    const { error } = await collect(stream)
    clearInterval(alive)
    expect(String(error)).toContain('timeout.idle')
    expect(stream.partial.text).toBe('one')
    await server.closed()
  })

  it('of `total`, which a number means, counts whatever comes', async () => {
    async function* talkative() {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        yield say('x')
      }
    }
    const { error } = await collect(processor({ timeout: 30 }).process(talkative()))
    expect(String(error)).toContain('timeout.total')
  })

  it('that is no time is refused when the processor is made', () => {
    expect(() => processor({ timeout: { idle: -1 } })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})

describe('leaving', () => {
  it('by break closes the source', async () => {
    const from = source([say('a'), say('b'), end])
    for await (const chunk of processor().process(from)) if (chunk.type === 'text-delta') break
    expect(from.seen.closed).toBe(1)
  })

  it('by break closes a source that is being read ahead and stalls: the socket too', async () => {
    await using server = await stalled()
    for await (const chunk of processor().process(await fetch(server.url))) if (chunk.type === 'text-delta') break
    await server.closed()
  })

  it('by a signal interrupts a pending read, closes the socket and keeps what came', async () => {
    await using server = await stalled()
    const controller = new AbortController()
    const stream = processor().process(fetch(server.url), { signal: controller.signal })
    const chunks: ModelChunk[] = []
    const reading = (async () => {
      for await (const chunk of stream) {
        chunks.push(chunk)
        if (chunk.type === 'text-delta') globalThis.setImmediate(() => controller.abort('enough'))
      }
    })()
    await expect(reading).rejects.toBe('enough')
    expect(stream.partial).toMatchObject({ text: 'one', status: 'partial' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await server.closed()
  })

  it('by a signal closes a Node stream while its read is pending', async () => {
    const node = new Readable({ read() {} })
    node.push(say('a'))
    const controller = new AbortController()
    const reading = collect(processor().process(node, { signal: controller.signal }))
    await settled()
    controller.abort('enough')
    expect(await reading).toMatchObject({ error: 'enough' })
    expect(node.closed).toBe(true)
  })

  it('by a signal that aborted before, or before the reading begins, closes what nobody will read', async () => {
    const one = new Readable({ read() {} })
    const two = new Readable({ read() {} })
    const controller = new AbortController()
    const later = processor().process(one, { signal: controller.signal })
    controller.abort('enough')
    const never = processor().process(two, { signal: controller.signal })
    expect(await collect(later)).toEqual({ chunks: [], error: 'enough' })
    expect(await collect(never)).toEqual({ chunks: [], error: 'enough' })
    await settled()
    expect([one.closed, two.closed]).toEqual([true, true])
  })

  it('closes a source that comes too late', async () => {
    const node = new Readable({ read() {} })
    let arrive: (source: Readable) => void = () => {}
    const promise = new Promise<Readable>((resolve) => {
      arrive = resolve
    })
    const controller = new AbortController()
    const reading = collect(processor().process(promise, { signal: controller.signal }))
    await settled()
    controller.abort('enough')
    expect(await reading).toEqual({ chunks: [], error: 'enough' })
    arrive(node)
    await settled()
    expect(node.closed).toBe(true)
  })

  it('by a signal closes a source that nobody is reading just then', async () => {
    const node = new Readable({ read() {} })
    node.push(say('a'))
    const controller = new AbortController()
    const stream = processor({ buffer: { chunks: 0 } }).process(node, { signal: controller.signal })
    await stream.batches()[Symbol.asyncIterator]().next()
    controller.abort('enough')
    await settled()
    expect(node.closed).toBe(true)
  })

  it('does not wait for a foreign iterator that cannot be made to stop', async () => {
    async function* stuck() {
      yield say('a')
      await new Promise(() => {})
    }
    let left = false
    for await (const chunk of processor().process(stuck())) if (chunk.type === 'text-delta') break
    left = true
    expect(left).toBe(true)
  })

  it('after the last word needs no end of the source', async () => {
    const from = source([say('a'), end], { ends: false })
    expect((await processor().process(from).response).status).toBe('complete')
    expect(from.seen.closed).toBe(1)
  })
})

describe('three hundred streams at once', () => {
  it('are read from one server without a word of one in another', async () => {
    const server = createServer((request, response) => {
      const name = request.url?.slice(1)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const whole = Buffer.concat([...Array.from({ length: 20 }, (_, at) => say(`${name}:${at} `)), end])
      for (let at = 0; at < whole.length; at += 97) response.write(whole.subarray(at, at + 97))
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const one = processor()
    const texts = await Promise.all(
      Array.from({ length: 300 }, async (_, name) => {
        const { text } = await one.process(fetch(`http://127.0.0.1:${port}/${name}`)).response
        return text
      }),
    )
    server.closeAllConnections()
    server.close()
    const expected = (name: number) => Array.from({ length: 20 }, (_, at) => `${name}:${at} `).join('')
    expect(texts).toEqual(texts.map((_, name) => expected(name)))
  })
})

describe('a callback', () => {
  function recorder() {
    const told: string[] = []
    const kept: { metrics?: Metrics; error?: BraidError } = {}
    const callback: StreamCallback = {
      onStart: ({ id }) => told.push(`start ${id}`),
      onEvent: ({ type }) => told.push(type),
      onComplete: (message, usage, metrics) => {
        told.push(`complete ${message.text} ${message.status} ${usage.totalTokens}`)
        kept.metrics = metrics
      },
      onError: (error, partial) => {
        told.push(`error ${error.code} ${partial.text}`)
        kept.error = error
      },
    }
    return { told, kept, callback }
  }

  it('is told of the start, of every event, and of the whole with its usage, in order', async () => {
    const { told, callback } = recorder()
    const usage = Buffer.from(
      sse({ id: 'chatcmpl-1', model: 'mini', choices: [], usage: { total_tokens: 9 } }, '[DONE]'),
    )
    const stop = Buffer.from(sse(choice({}, 'stop')))
    await processor().process([say('a'), stop, usage], { callback }).response
    expect(told).toEqual([
      'start chatcmpl-1',
      'message-start',
      'text-start',
      'text-delta',
      'text-end',
      'usage',
      'finish',
      'complete a complete 9',
    ])
  })

  it('gets metrics that add up', async () => {
    const { told, kept, callback } = recorder()
    await processor().process([say('a'), say('b'), end], { callback }).response
    const { chunks, bytes, firstChunkMs, durationMs, chunksPerSecond } = kept.metrics!
    expect(chunks).toBe(told.length - 2)
    expect(bytes).toBe(say('a').length + say('b').length + end.length)
    expect(firstChunkMs).toBeGreaterThan(0)
    expect(durationMs).toBeGreaterThanOrEqual(firstChunkMs)
    expect(chunksPerSecond).toBeCloseTo((chunks * 1_000) / durationMs)
  })

  it.each<[string, () => Uint8Array[], string]>([
    ['a truncation', () => [say('a')], 'stream_truncated'],
    ['a bad frame', () => [say('a'), Buffer.from('data: {oops\n\n')], 'malformed_frame'],
    ['an error of the provider', () => [say('a'), Buffer.from(sse({ error: { code: 429 } }))], 'rate_limited'],
  ])('is told of %s once, with what came, and of no completion', async (_, pieces, code) => {
    const { told, callback } = recorder()
    const { error } = await collect(processor().process(pieces(), { callback }))
    expect(error).toMatchObject({ code })
    expect(told.slice(-2)).toEqual(['text-delta', `error ${code} a`])
  })

  it('is told that the stream was left', async () => {
    const { told, callback } = recorder()
    for await (const chunk of processor({ buffer: { chunks: 0 } }).process([say('a'), say('b'), end], { callback })) {
      if (chunk.type === 'text-delta') break
    }
    expect(told.at(-1)).toBe('error cancelled a')
  })

  it('is told that the stream was aborted, with the reason as the cause', async () => {
    const { told, kept, callback } = recorder()
    const controller = new AbortController()
    const from = source([say('a')], { ends: false })
    const reading = collect(processor().process(from, { signal: controller.signal, callback }))
    await settled()
    controller.abort('enough')
    expect((await reading).error).toBe('enough')
    expect(told.at(-1)).toBe('error cancelled a')
    expect(kept.error?.cause).toBe('enough')
  })

  it('that throws ends the stream, closes the source, and is told so', async () => {
    const { told, callback } = recorder()
    const onEvent = () => {
      throw new Error('the screen is gone')
    }
    const from = source([say('a')], { ends: false })
    const { error } = await collect(processor().process(from, { callback: { ...callback, onEvent } }))
    expect(error).toBeInstanceOf(BraidError)
    expect((error as BraidError).cause).toMatchObject({ message: 'the screen is gone' })
    expect(told.at(-1)).toMatch(/^error unknown/)
    expect(from.seen.closed).toBe(1)
  })
})

describe('content that is validated before it is shown', () => {
  const validate = ({ text }: { text: string }) => !text.includes('secret')

  it('never reaches the reader when it is refused, not even what waits to be read', async () => {
    const from = source([say('my '), say('sec'), say('ret'), say(' is'), end])
    const reader = processor({ validate }).process(from).batches()[Symbol.asyncIterator]()
    const first = await reader.next()
    await settled()
    const shown = [...(first.value ?? [])]
    for (let next = await reader.next(); !next.done; next = await reader.next()) shown.push(...next.value)
    expect(textOf(shown)).toBe('my ')
    expect(shown.map(({ type }) => type)).toEqual([
      'message-start',
      'text-start',
      'text-delta',
      'redaction',
      'text-end',
      'finish',
    ])
    expect(JSON.stringify(shown)).not.toMatch(/sec|ret/)
  })

  it('is not in the whole message, and under `enabled: false` nothing of it was ever there', async () => {
    const stream = processor({ validate, enabled: false }).process([say('my '), say('secret'), end])
    const { chunks } = await collect(stream)
    expect(textOf(chunks)).toBe('')
    expect((await stream.response).text).toBe('')
  })

  it('ends a strict stream', async () => {
    const { error } = await collect(processor({ validate, policy: 'strict' }).process([say('secret'), end]))
    expect(error).toMatchObject({ code: 'content_rejected' })
  })
})

describe('reasoning', () => {
  it('whose signature the verifier refuses ends a strict stream', async () => {
    const frames = [
      { type: 'message_start', message: { id: 'm', model: 'c' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ]
    const verified = (verifySignature: () => boolean) =>
      collect(
        new StreamProcessor(anthropic, { policy: 'strict', verifySignature }).process(Buffer.from(sse(...frames))),
      )
    expect((await verified(() => true)).error).toBeUndefined()
    expect((await verified(() => false)).error).toMatchObject({ code: 'invalid_signature' })
  })
})
