import type { ChunkOf, ModelChunk } from '@braid/core'
import { Manifest, manifests } from '@braid/stream'
import { type ProviderServer, type ReceivedRequest, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'
import { watchSockets } from './support/client-sockets.ts'
import { read } from './support/read.ts'

let server: ProviderServer
let client: ReturnType<typeof watchSockets>
beforeEach(async () => {
  server = await startProviderServer()
  client = watchSockets()
})
afterEach(async () => {
  client[Symbol.dispose]()
  await server.close()
})

const NATIVE: readonly ModelId[] = ['openai/m', 'gemini/m']
const SIMULATED: ModelId = 'anthropic/m'

const model = (id: ModelId, n: number, more: ModelOptions = {}) =>
  new iModel(id, { baseUrl: server.url, apiKey: 'key', n, ...more })
/** Each request is sent when those before it have arrived, so that which candidate a reply goes to is known. */
function inOrder(): () => Promise<string> {
  let before = server.requests.length
  return async () => {
    const mine = before++
    await server.until(({ requests }) => requests.length >= mine)
    return 'key'
  }
}
const claude = (n: number, more: ModelOptions = {}) => model(SIMULATED, n, more)

/** Claude, asked for so many answers at once. */
function claudeAtOnce(max_concurrent: number, options: ModelOptions): iModel {
  const features = { multi_candidate: { support_type: 'simulated', max_concurrent } }
  const provider = Manifest.parse({ ...manifests['anthropic-messages'], features })
  return new iModel({ provider, model: 'm', baseUrl: server.url, apiKey: 'key', ...options })
}

/** Whether each answer is a request of its own. */
const apart = ({ api }: ReceivedRequest) => api === 'anthropic-messages'
const WORDS = ['one and one', 'two and two', 'three and three']
/** Three different answers, however they are asked for. */
function answerApart(): void {
  for (const text of WORDS) server.reply(text, { when: apart })
  server.reply({ candidates: WORDS.map((text) => ({ text })) }, { when: (request) => !apart(request) })
}

function textOf(chunks: readonly ModelChunk[], candidate: number): string {
  return chunks
    .map((chunk) => (chunk.type === 'text-delta' && chunk.candidate === candidate ? chunk.data : ''))
    .join('')
}
const finishes = (chunks: readonly ModelChunk[]) =>
  chunks.filter((chunk): chunk is ChunkOf<'finish'> => chunk.type === 'finish')

async function expectClosed(connections: number): Promise<void> {
  expect(client.open).toBe(0)
  await server.until(({ openSockets }) => openSockets === 0)
  expect([client.sockets.length, server.connections]).toEqual([connections, connections])
}

describe.each([...NATIVE, SIMULATED])('three answers of %s', (id) => {
  it.each([true, false])(
    'are one stream in which each has its number, its blocks and its finish (stream: %s)',
    async (stream) => {
      answerApart()
      const answer = model(id, 3, { stream, apiKey: inOrder() }).invoke('x')
      const { chunks, error } = await read(answer)
      expect(error).toBeUndefined()
      expect([0, 1, 2].map((candidate) => textOf(chunks, candidate))).toEqual(WORDS)
      for (const candidate of [0, 1, 2]) {
        const types = chunks.filter((chunk) => chunk.candidate === candidate).map(({ type }) => type)
        expect([types[0], types.at(-1)]).toEqual(['message-start', 'finish'])
        expect(types.filter((type) => type === 'finish').length).toBe(1)
      }
      const starts = chunks.flatMap((chunk) => (chunk.type === 'text-start' ? [chunk.id] : []))
      expect(starts.sort()).toEqual(['1/text-0', '2/text-0', 'text-0'])
      expect((await answer.response).text).toBe(WORDS[0])
    },
  )

  it('are each a stream of their own', async () => {
    for (const [index, text] of WORDS.entries()) {
      answerApart()
      const own: ModelChunk[] = []
      for await (const chunk of model(id, 3, { apiKey: inOrder() }).invoke('x').candidate(index)) own.push(chunk)
      expect(new Set(own.map(({ candidate }) => candidate))).toEqual(new Set([index]))
      expect([own[0]?.type, own.at(-1)?.type]).toEqual(['message-start', 'finish'])
      expect(textOf(own, index)).toBe(text)
    }
  })

  it('can be read by one of them when the first has much to say', async () => {
    const much = 'and on '.repeat(2_000)
    for (const text of [much, 'short']) server.reply(text, { when: apart })
    server.reply({ candidates: [{ text: much }, { text: 'short' }] })
    const answer = model(id, 2, { apiKey: inOrder() }).invoke('x')
    const own: ModelChunk[] = []
    for await (const chunk of answer.candidate(1)) own.push(chunk)
    expect(textOf(own, 1)).toBe('short')
    expect(own.at(-1)?.type).toBe('finish')
    expect((await answer.response).text).toBe(much)
  })

  it('have one usage, which is that of the whole call, at the end of each', async () => {
    answerApart()
    const answer = model(id, 3).invoke('six words are what is asked')
    const { chunks } = await read(answer)
    const [first, ...others] = finishes(chunks)
    expect(first?.usage.outputTokens).toBe(9)
    expect(first?.usage.inputTokens).toBe(id === SIMULATED ? 18 : 6)
    for (const { usage } of others) expect(usage).toEqual(first?.usage)
    expect((await answer.response).content.usage).toEqual(first?.usage)
  })
})

describe('simulated answers', () => {
  it('are as many requests, at most so many at once as the manifest says', async () => {
    let open = () => {}
    const until = new Promise<void>((resolve) => {
      open = resolve
    })
    server.reply('Hello', { times: Infinity, fault: { type: 'stall', after: 'request', until } })
    const reading = read(claude(6).invoke('x'))
    await server.until(({ active }) => active === 4)
    open()
    const { chunks } = await reading
    expect(finishes(chunks).map(({ candidate }) => candidate)).toEqual([0, 1, 2, 3, 4, 5])
    expect([server.requests.length, server.peakActive]).toEqual([6, 4])
    for (const { body } of server.requests) expect(Object.keys(body)).not.toContain('n')
  })

  it('one after the other go over one connection, and in order', async () => {
    answerApart()
    const one = claudeAtOnce(1, { n: 3 })
    const { chunks } = await read(one.invoke('x'))
    expect([0, 1, 2].map((candidate) => textOf(chunks, candidate))).toEqual(WORDS)
    expect([server.requests.length, server.peakActive, server.connections]).toEqual([3, 1, 1])
    await one.close()
  })

  it('of which there is one are one request, and its stream is as it is', async () => {
    server.reply('Hello', { times: 2 })
    const { chunks } = await read(claude(1).invoke('x'))
    const { chunks: plain } = await read(new iModel(SIMULATED, { baseUrl: server.url, apiKey: 'key' }).invoke('x'))
    const types = (all: readonly ModelChunk[]) => all.map(({ type }) => type)
    expect(types(chunks)).toEqual(types(plain))
    expect(server.requests.length).toBe(2)
  })

  it('keep what each counted for itself in its own usage chunks', async () => {
    answerApart()
    const { chunks } = await read(claude(3).invoke('x'))
    for (const candidate of [0, 1, 2]) {
      const own = chunks.findLast((chunk) => chunk.type === 'usage' && chunk.candidate === candidate)
      expect(own).toMatchObject({ usage: { outputTokens: 3, raw: { output_tokens: 3 } } })
    }
  })

  it.each([0, -1, 2.5, Number.NaN])('cannot be %d', (n) => {
    expect(() => claude(n)).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringContaining('`n`') }),
    )
  })
})

describe('when one of several answers fails', () => {
  it('the others are closed, what came is given, and the stream fails', async () => {
    server.reply('so far so good', { fault: { type: 'error-frame', after: { frames: 5 }, status: 529 } })
    server.reply('never to end', { times: 2, fault: { type: 'stall', after: { frames: 4 } } })
    const answer = claude(3).invoke('x')
    const { chunks, error } = await read(answer)
    expect(error).toMatchObject({ code: 'overloaded' })
    expect(chunks.some(({ type }) => type === 'text-delta')).toBe(true)
    expect(finishes(chunks)).toEqual([])
    await expectClosed(3)
    await expect(answer.response).rejects.toBe(error)
    expect(answer.partial.status).toBe('partial')
  })

  it('those that were whole have their finish, with the usage of those', async () => {
    server.reply('whole')
    server.reply({ status: 429, retryAfter: 3 })
    const one = claudeAtOnce(1, { n: 3 })
    const answer = one.invoke('x')
    const { chunks, error } = await read(answer)
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 3000 })
    expect(finishes(chunks)).toMatchObject([{ candidate: 0, usage: { outputTokens: 1 } }])
    expect(answer.partial).toMatchObject({ status: 'complete', text: 'whole' })
    // The third was not asked for any more.
    expect(server.requests.length).toBe(2)
    await one.close()
  })

  it('while nobody reads, the others are closed all the same', async () => {
    let fail = () => {}
    const gate = new Promise<void>((resolve) => {
      fail = resolve
    })
    server.reply(async () => {
      await gate
      return { status: 500 }
    })
    server.reply('on and on', { fault: { type: 'endless' }, times: 2 })
    const one = claude(3)
    const iterator = one.invoke('x').batches()[Symbol.asyncIterator]()
    await iterator.next()
    await server.until(({ requests }) => requests.length === 3)
    fail()
    await server.until(({ requests }) => requests.every(({ outcome }) => outcome !== 'open'))
    const rest = async () => {
      while (!(await iterator.next()).done);
    }
    await expect(rest()).rejects.toMatchObject({ code: 'server_error' })
    // The one that failed was read to its end, and its connection waits for the next request.
    expect(client.open).toBe(1)
    await one.close()
    await expectClosed(3)
  })

  it('before anything has come, the stream fails with it', async () => {
    server.reply({ status: 401 }, { times: Infinity })
    const { chunks, error } = await read(claude(2).invoke('x'))
    expect([chunks, error]).toMatchObject([[], { code: 'authentication' }])
  })

  it('by its total time, that is the time of all of them', async () => {
    server.reply('Hello')
    server.reply('Hello', { fault: { type: 'stall', after: 'request' } })
    const { chunks, error } = await read(claudeAtOnce(1, { n: 2, timeout: 300 }).invoke('x'))
    expect(error).toMatchObject({ code: 'timeout', message: expect.stringContaining('timeout.total') })
    expect(textOf(chunks, 0)).toBe('Hello')
    expect(client.open).toBe(0)
  })
})

describe('leaving several answers', () => {
  const endless = () => server.reply('on and on', { fault: { type: 'endless' }, times: Infinity })

  it('by break closes every socket before control returns, and asks for no other', async () => {
    endless()
    const heard = new Set<number>()
    for await (const chunk of claude(6).invoke('x')) {
      if (chunk.type === 'text-delta') heard.add(chunk.candidate)
      if (heard.size === 4) break
    }
    await expectClosed(4)
    expect(server.requests.map(({ outcome }) => outcome)).toEqual(Array(4).fill('client-left'))
  })

  it('while a read is pending does the same', async () => {
    server.reply('x', { times: Infinity, fault: { type: 'stall', after: 'request' } })
    const iterator = claude(3).invoke('x')[Symbol.asyncIterator]()
    const pending = iterator.next()
    await server.until(({ requests }) => requests.length === 3)
    await iterator.return?.()
    expect(await pending).toEqual({ value: undefined, done: true })
    await expectClosed(3)
  })

  it('by a signal closes every socket, also while nobody reads, and leaves no listener', async () => {
    endless()
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    for await (const chunk of claude(3).invoke('x', { signal })) if (chunk.type === 'text-delta') break
    expect(listeners).toBe(0)
    await expectClosed(3)

    const iterator = claude(3).invoke('x', { signal })[Symbol.asyncIterator]()
    await iterator.next()
    await server.until(({ requests }) => requests.length === 6)
    controller.abort(new Error('enough'))
    await server.until(({ openSockets }) => openSockets === 0)
    const rest = async () => {
      for (;;) await iterator.next()
    }
    await expect(rest()).rejects.toBe(signal.reason)
    await expectClosed(6)
  })
})

describe('a reader of several answers that stops', () => {
  it('stops every socket', async () => {
    server.reply('on and on', { fault: { type: 'endless' }, times: Infinity })
    const iterator = claude(3).invoke('x').batches()[Symbol.asyncIterator]()
    const heard = new Set<number | undefined>()
    let batches = 0
    while (heard.size < 3) {
      const { value } = await iterator.next()
      heard.add(value?.[0]?.candidate)
      batches++
    }
    const count = () => client.sockets.map(({ bytesRead }) => bytesRead)
    let before: number[] = []
    for (let round = 0; round < 200 && String(before) !== String(count()); round++) {
      before = count()
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(count()).toEqual(before)
    // Of each, besides what was taken: a batch for the reader, a network read behind it, and the socket's own buffer.
    for (const bytes of before) expect(bytes).toBeLessThanOrEqual((batches + 4) * 64 * 1024)
    await iterator.return?.()
    await expectClosed(3)
  })
})

describe('a manifest that says how it gives several answers', () => {
  const parse = (multi_candidate: object, more: object = {}) =>
    Manifest.parse({ ...manifests['anthropic-messages'], ...more, features: { multi_candidate } })

  it('is taken at its word: what it simulates is no parameter', async () => {
    const n = { parameters: { ...manifests['anthropic-messages'].parameters, n: { path: 'n' } } }
    const provider = parse({ support_type: 'simulated' }, n)
    const one = new iModel({ provider, model: 'm', baseUrl: server.url, apiKey: 'key', n: 2 })
    expect(finishes((await read(one.invoke('x'))).chunks).length).toBe(2)
    expect(server.requests.length).toBe(2)
    await one.close()
  })

  it.each([
    [{ support_type: 'native' }, 'features.multi_candidate'],
    [{ support_type: 'native', param_name: 'max_tokens' }, 'features.multi_candidate'],
    [{ support_type: 'simulated', max_concurrent: 0 }, 'features.multi_candidate.max_concurrent'],
    [{ support_type: 'parallel' }, 'features.multi_candidate.support_type'],
  ])('is refused where it cannot be: %o', (multi, field) => {
    expect(() => parse(multi)).toThrowError(
      expect.objectContaining({ code: 'invalid_manifest', message: expect.stringContaining(field) }),
    )
  })
})
