import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { BraidError, type ModelChunk, type ModelStream } from '@braid/core'
import { family, StreamProcessor, type StreamSource } from '@braid/stream'
import { afterEach, describe, expect, it } from 'vitest'
import { awsChunk, awsEvent, converseEnd, converseText } from './aws.ts'
import { choice, read, sse, textOf } from './reading.ts'

const openai = family('openai-chat')
const converse = family('bedrock-converse')
const HELLO = sse(choice({ content: 'Hel' }), choice({ content: 'lo' }), choice({}, 'stop'), '[DONE]')
const bytes = Buffer.from(HELLO)
const { chunks: hello } = read(openai, [HELLO])

async function chunksOf(stream: ModelStream): Promise<ModelChunk[]> {
  const chunks: ModelChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

async function failureOf(stream: ModelStream): Promise<BraidError> {
  const error = await stream.response.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof BraidError) return error
  throw new Error(`expected a BraidError, got ${String(error)}`)
}

function cut(size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

async function* async<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A server that answers so, and the sockets that came to it. */
async function serve(answer: (response: ServerResponse) => void) {
  const sockets: Socket[] = []
  server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1')
  server.on('connection', (socket) => sockets.push(socket))
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

function streamed(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}

describe('a processor reads', () => {
  const processor = new StreamProcessor(openai)

  it.each<[string, () => StreamSource]>([
    ['an async iterable of bytes', () => async(cut(7))],
    ['an iterable of bytes', () => cut(5)],
    ['bytes', () => bytes],
    ['text', () => async([HELLO.slice(0, 50), HELLO.slice(50)])],
    ['a Node stream', () => Readable.from(cut(11))],
    ['a web stream', () => Readable.toWeb(Readable.from(cut(11), { objectMode: false })) as ReadableStream<Uint8Array>],
    ['a Blob as a stream', () => new Blob([bytes]).stream()],
    ['a Response', () => new Response(bytes)],
    ['the promise of a Response', () => Promise.resolve(new Response(bytes))],
  ])('%s', async (_, source) => {
    expect(await chunksOf(processor.process(source()))).toEqual(hello)
  })

  it('what fetch gives, over HTTP', async () => {
    const { url } = await serve((response) => streamed(response).end(HELLO))
    expect(textOf(await chunksOf(processor.process(fetch(url))))).toBe('Hello')
  })

  it('what http.get gives', async () => {
    const { url } = await serve((response) => streamed(response).end(HELLO))
    const [incoming] = (await once(get(url), 'response')) as [IncomingMessage]
    expect(await chunksOf(processor.process(incoming))).toEqual(hello)
  })

  it("another client's parsed events", async () => {
    const events = [choice({ content: 'Hel' }), choice({ content: 'lo' }), choice({}, 'stop')]
    expect(await chunksOf(processor.process(async(events)))).toEqual(hello)
  })

  it('a plain answer as what a stream would have said', async () => {
    const answer = { id: 'c', model: 'm', choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] }
    const { url } = await serve((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
    )
    const chunks = await chunksOf(processor.process(await fetch(url)))
    expect([textOf(chunks), chunks.at(-1)?.type]).toEqual(['Hi', 'finish'])
  })

  it('nothing before it is read itself', async () => {
    let reads = 0
    const source = {
      [Symbol.asyncIterator]: () => {
        reads += 1
        return async([bytes])
      },
    }
    const stream = processor.process(source)
    expect(reads).toBe(0)
    await stream.response
    expect(reads).toBe(1)
  })
})

describe('a processor refuses', () => {
  const processor = new StreamProcessor(openai)

  it('an answer with an error status, by name, with the time to wait', async () => {
    const { url } = await serve((response) =>
      response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '2' })
        .end(JSON.stringify({ error: { code: 'rate_limit_exceeded', message: 'secret' } })),
    )
    const error = await failureOf(processor.process(await fetch(url)))
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 2_000 })
    expect(error.message).not.toContain('secret')
  })

  it('a connection that breaks before the end: a truncation, with what came', async () => {
    const { url } = await serve((response) => {
      streamed(response).write(sse(choice({ content: 'Hel' })))
      setImmediate(() => response.destroy())
    })
    const stream = processor.process(await fetch(url))
    expect((await failureOf(stream)).code).toBe('stream_truncated')
    expect(stream.partial).toMatchObject({ text: 'Hel', status: 'partial' })
  })

  it('no truncation where the connection breaks after the end', async () => {
    async function* broken() {
      yield Buffer.from(sse(choice({ content: 'Hi' }), choice({}, 'stop')))
      throw new Error('ECONNRESET')
    }
    expect((await processor.process(broken()).response).status).toBe('complete')
  })

  it('a promise that is rejected', async () => {
    const error = await failureOf(processor.process(Promise.reject(new TypeError('fetch failed'))))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: true })
  })

  it('a promise that does not come in time', async () => {
    const impatient = new StreamProcessor(openai, { timeout: { connect: 20 } })
    const error = await failureOf(impatient.process(new Promise(() => {})))
    expect(error.code).toBe('timeout')
    expect(error.message).toContain('timeout.connect')
  })

  it('a body that somebody else reads', async () => {
    const response = new Response(bytes)
    response.body?.getReader()
    expect((await failureOf(processor.process(response))).code).toBe('already_read')
  })

  it('what is no source', async () => {
    expect((await failureOf(processor.process({} as StreamSource))).code).toBe('invalid_request')
  })
})

describe("an AWS client's events", () => {
  const processor = new StreamProcessor(converse)
  const say = (text: string) => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text } } })
  const end = [
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, metrics: { latencyMs: 7 } } },
  ]
  const start = { messageStart: { role: 'assistant' } }

  it('give the chunks that the bytes give', async () => {
    const events = [start, say('a'), say('b'), { contentBlockStop: { contentBlockIndex: 0 } }, ...end]
    const wire = Buffer.concat([converseText('a', 'b'), converseEnd()])
    const strip = (chunks: readonly ModelChunk[]) => chunks.map(({ rawResponse: _, ...chunk }) => chunk)
    expect(strip(await chunksOf(processor.process(async(events))))).toEqual(
      strip(await chunksOf(processor.process(wire))),
    )
  })

  it('have their usage after messageStop, and it counts', async () => {
    const { content } = await processor.process(async([start, say('a'), ...end])).response
    expect(content.usage).toMatchObject({ inputTokens: 3, outputTokens: 2, totalTokens: 5 })
  })

  it('end in silence without messageStop: here it is a truncation', async () => {
    const stream = processor.process(async([start, say('a')]))
    expect((await failureOf(stream)).code).toBe('stream_truncated')
    expect(stream.partial.text).toBe('a')
  })

  it.each([
    ['internalServerException', 'server_error'],
    ['modelStreamErrorException', 'server_error'],
    ['throttlingException', 'rate_limited'],
    ['validationException', 'invalid_request'],
    ['serviceUnavailableException', 'overloaded'],
  ])('%s is %s, yielded or thrown, and what came is kept', async (name, code) => {
    const thrown = Object.assign(new Error('secret'), { name: `${name[0]?.toUpperCase()}${name.slice(1)}` })
    async function* throwing() {
      yield* [start, say('a')]
      throw thrown
    }
    for (const source of [async([start, say('a'), { [name]: { message: 'secret' } }]), throwing()]) {
      const stream = processor.process(source)
      const error = await failureOf(stream)
      expect(error.code).toBe(code)
      expect(error.message).not.toContain('secret')
      expect(stream.partial.text).toBe('a')
    }
  })

  it('that nobody knows are raw chunks, not lost', async () => {
    const chunks = await chunksOf(processor.process(async([start, { futureEvent: { p: 1 } }, say('a'), ...end])))
    expect(chunks.find(({ type }) => type === 'raw')?.rawResponse).toEqual({ futureEvent: { p: 1 } })
    expect(textOf(chunks)).toBe('a')
  })

  it('have bytes where the wire has base64: redacted reasoning comes as on the wire', async () => {
    const redactedContent = Uint8Array.of(1, 2, 250)
    const delta = { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { redactedContent } } } }
    const { content } = await processor.process(async([start, delta, ...end])).response
    expect(content.parts).toEqual([
      { type: 'reasoning', text: '', redacted: Buffer.from(redactedContent).toString('base64') },
    ])
  })

  it("carry another provider's frames where the model is invoked directly", async () => {
    const frame = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } }
    const inner = [
      { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1 } } },
      frame,
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
      { type: 'message_stop' },
    ]
    const invoke = new StreamProcessor(family('bedrock-invoke'))
    const events = inner.map((each) => ({ chunk: { bytes: Buffer.from(JSON.stringify(each)) } }))
    expect((await invoke.process(async(events)).response).text).toBe('hi')
    expect((await invoke.process(inner.map((each) => awsChunk(each))).response).text).toBe('hi')
  })

  it('cut on the wire in the middle of a frame are a truncation', async () => {
    const wire = Buffer.concat([converseText('a'), awsEvent('messageStop', { stopReason: 'end_turn' }).subarray(0, 3)])
    expect((await failureOf(processor.process(wire))).code).toBe('stream_truncated')
  })
})
