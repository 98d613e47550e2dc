import { inspect } from 'node:util'
import { BraidError } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type DebugSink, iModel, type ModelId, type ModelOptions, type WireEvent } from '../src/index.ts'
import { response, startRawServer } from './support/raw-server.ts'
import { read } from './support/read.ts'

const CANARY = 'sk-canary-8b1f'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer({ requireKey: CANARY })
})
afterEach(() => server.close())

/** Everything of a value that anybody could print, its causes and what is hidden included. */
const all = (value: unknown): string => inspect(value, { depth: 20, showHidden: true, maxStringLength: null })

/** What a call threw, warned of, told its hooks, and gave. */
async function everything(url: string, id: ModelId, more: ModelOptions = {}): Promise<string> {
  const told: unknown[] = []
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => {
    told.push(args)
  })
  const tell = (...args: unknown[]): void => {
    told.push(args)
  }
  try {
    const model = new iModel(id, {
      baseUrl: url,
      apiKey: CANARY,
      retry: { attempts: 2, backoff: 0 },
      limits: { concurrency: 4, requestsPerMinute: 1_000 },
      breaker: { failures: 3 },
      responseCache: { get: () => undefined, set: tell },
      hooks: { beforeCall: (request, call) => tell(request, call), onChunk: tell, onError: tell, afterCall: tell },
      debug: headOf(tell),
      ...more,
    })
    told.push(model)
    const stream = model.invoke('x')
    told.push(stream, await read(stream), await stream.response.catch((error: unknown) => error))
  } catch (error) {
    told.push(error)
  } finally {
    warned.mockRestore()
  }
  return all(told)
}

/** The sink shows an answer's bytes, which may say anything: they are what it is for. All the rest of it is not. */
function headOf(tell: (event: WireEvent) => void): DebugSink {
  return (event) => {
    if (event.type !== 'bytes') tell(event)
  }
}

const repeating = (status: number) => ({
  status,
  message: `Incorrect API key provided: ${CANARY}`,
  type: CANARY,
  code: CANARY.replaceAll('-', ' '),
  headers: { 'x-echo': CANARY, 'set-cookie': `key=${CANARY}` },
})

describe.each(['openai/m', 'openai-responses/m', 'anthropic/m', 'gemini/m'] as const)('the key of %s', (id) => {
  it('is in no error, whatever the status, though the provider repeats it', async () => {
    for (const status of [200, 400, 401, 403, 404, 429, 500, 503]) {
      server.reply(repeating(status), { times: 2 })
      expect(await everything(server.url, id)).not.toContain(CANARY)
    }
  })

  it('is in nothing that comes of a broken wire', async () => {
    for (const fault of [
      { type: 'reset', after: 'request' },
      { type: 'reset' },
      { type: 'truncate' },
      { type: 'malformed-frame' },
      { type: 'garbage' },
      { type: 'html' },
      { type: 'error-frame', message: `the key ${CANARY}`, errorType: CANARY },
    ] as const) {
      server.reply('one two three', { fault, times: 2 })
      expect(await everything(server.url, id)).not.toContain(CANARY)
    }
  })

  it('is in no timeout, in no refused connection, and in nothing of an address that is wrong', async () => {
    server.reply('x', { fault: { type: 'stall', after: 'request' }, times: 2 })
    expect(await everything(server.url, id, { timeout: { first: 80 } })).not.toContain(CANARY)
    expect(await everything('http://127.0.0.1:1', id)).not.toContain(CANARY)
    expect(await everything(server.url.replace('http:', 'https:'), id)).not.toContain(CANARY)
  })

  it('is in no redirect that repeats it, and goes nowhere with it', async () => {
    await using raw = await startRawServer((socket) => {
      const location = `${server.url}/x?key=${CANARY}#${CANARY}`
      socket.write(response('302 Found', { location }, CANARY))
    })
    expect(await everything(raw.url, id)).not.toContain(CANARY)
    expect(server.requests).toHaveLength(0)
  })

  it('is in nothing of an answer that is well', async () => {
    expect(await everything(server.url, id)).not.toContain(CANARY)
    expect(server.requests).toHaveLength(1)
  })
})

describe('a key', () => {
  it('that no header can carry is not in the error that says so', async () => {
    const told = await everything(server.url, 'openai/m', { apiKey: `${CANARY}\nsecond line` })
    expect(told).not.toContain(CANARY)
    expect(told).toContain('invalid_request')
  })

  it('whose function throws it is where that function put it, and nowhere else', async () => {
    const model = new iModel('openai/m', {
      baseUrl: server.url,
      apiKey: () => {
        throw new Error(`no access to ${CANARY}`)
      },
    })
    const { error } = await read(model.invoke('x'))
    expect(error).toMatchObject({ code: 'missing_key' })
    expect((error as BraidError).message).not.toContain(CANARY)
  })

  it('in a header of one’s own is hidden from the debug sink', async () => {
    const told = await everything(server.url, 'openai/m', {
      headers: { 'x-gateway-auth': CANARY, cookie: `session=${CANARY}` },
    })
    expect(told).not.toContain(CANARY)
    expect(told).toContain('[hidden]')
  })

  it('is not in what options are refused with', () => {
    for (const options of [{ apikey: CANARY }, { temperature: CANARY }, { retry: CANARY }, { prices: CANARY }]) {
      let thrown: unknown
      try {
        new iModel('openai/m', { apiKey: CANARY, ...(options as object) })
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(BraidError)
      expect(all(thrown)).not.toContain(CANARY)
    }
  })
})

describe('the debug sink', () => {
  it('sees the request, the head and the bytes of each exchange, retries included', async () => {
    const events: WireEvent[] = []
    server.reply({ status: 503 }).reply('Hello.')
    const model = new iModel('gemini/m', {
      baseUrl: server.url,
      apiKey: CANARY,
      retry: { attempts: 2, backoff: 0 },
      debug: (event) => events.push(event),
    })
    await model.invoke('The question.').response
    const ids = [...new Set(events.map(({ id }) => id))]
    expect(ids).toHaveLength(2)
    const second = events.filter(({ id }) => id === ids[1])
    expect(second.map(({ type }) => type).slice(0, 3)).toEqual(['request', 'response', 'bytes'])
    expect(second[0]).toMatchObject({
      url: expect.stringContaining('alt=sse'),
      body: expect.stringContaining('The question.'),
    })
    expect(events.find(({ type }) => type === 'response')).toMatchObject({ status: 503 })
    const text = second.map((event) => (event.type === 'bytes' ? Buffer.from(event.bytes).toString() : '')).join('')
    expect(text).toContain('Hello.')
    expect(all(events)).not.toContain(CANARY)
  })
})
