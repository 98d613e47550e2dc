import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { BraidError, type ErrorCode } from '@braid/core'
import { type Fault, type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manifestOf } from '../src/catalogue/provider.ts'
import type { ModelId, ModelOptions } from '../src/index.ts'
import { FakeClock } from './support/fake-clock.ts'
import { modelAt } from './support/model-at.ts'
import { type RawServer, response, startRawServer } from './support/raw-server.ts'
import { read } from './support/read.ts'

/** The thirteen standard codes: whether the same call may be made again, and whether another model may be asked. */
const CODES: readonly (readonly [code: ErrorCode, retryable: boolean, fallbackable: boolean])[] = [
  ['invalid_request', false, false],
  ['authentication', false, true],
  ['permission_denied', false, false],
  ['not_found', false, false],
  ['request_too_large', false, false],
  ['rate_limited', true, true],
  ['quota_exhausted', false, true],
  ['server_error', true, true],
  ['overloaded', true, true],
  ['timeout', true, true],
  ['conflict', true, false],
  ['cancelled', false, false],
  ['unknown', false, false],
]

it.each(CODES)('%s is retryable: %s, fallbackable: %s', (code, retryable, fallbackable) => {
  expect(new BraidError(code, 'x')).toMatchObject({ retryable, fallbackable })
})

const RETRYABLE = new Set(CODES.filter(([, retryable]) => retryable).map(([code]) => code))

/** What a status means, whoever says it, where its manifest does not say otherwise. */
const STANDARD: readonly (readonly [status: number, code: ErrorCode])[] = [
  [400, 'invalid_request'],
  [401, 'authentication'],
  [402, 'quota_exhausted'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [413, 'request_too_large'],
  [422, 'invalid_request'],
  [429, 'rate_limited'],
  [499, 'cancelled'],
  [500, 'server_error'],
  [502, 'server_error'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
]

const FAMILIES = ['openai', 'openai-responses', 'anthropic', 'gemini', 'bedrock', 'cohere', 'ollama'] as const

/** What came of a call of a model that asks three times, at most. */
async function outcome(url: string, more: ModelOptions = {}, id: ModelId = 'openai/m') {
  const clock = new FakeClock()
  const options = { baseUrl: url, apiKey: 'key', retry: 3, ...more }
  const stream = modelAt(clock, id, options).invoke('x')
  const { chunks, error } = await clock.during(read(stream))
  return { chunks, error: error as BraidError, partial: stream.partial }
}

describe.each(FAMILIES)('a status of %s', (family) => {
  let status = 200
  let asked = 0
  let raw: RawServer
  beforeAll(async () => {
    raw = await startRawServer((socket) => {
      asked += 1
      socket.write(response(`${status} Said`, { 'content-type': 'application/json' }, '{}'))
    })
  })
  afterAll(() => raw[Symbol.asyncDispose]())

  const own = Object.entries(manifestOf(family).data.error_classification.by_http_status)
  const table = new Map<number, ErrorCode>([
    ...STANDARD,
    ...own.flatMap(([word, code]) => (/^\d+$/.test(word) ? [[Number(word), code] as const] : [])),
  ])
  it.each([...table])('%i is %s', async (said, code) => {
    status = said
    asked = 0
    const { chunks, error } = await outcome(raw.url, {}, `${family}/m` as ModelId)
    expect(error).toMatchObject({ code, status: said, retryable: RETRYABLE.has(code) })
    expect(asked).toBe(RETRYABLE.has(code) ? 3 : 1)
    expect(chunks).toEqual([])
  })
})

describe('a fault of the wire', () => {
  let server: ProviderServer
  beforeEach(async () => {
    server = await startProviderServer()
  })
  afterEach(() => server.close())

  interface Row {
    readonly name: string
    readonly fault: Fault
    readonly code: ErrorCode
    /** How often it is asked. */
    readonly asked: 1 | 3
    /** Whether the user sees some of the answer. */
    readonly seen: boolean
    readonly options?: ModelOptions
  }
  const ROWS: readonly Row[] = [
    row('a reset before the first byte', { type: 'reset', after: 'request' }, 'connection_failed', 3),
    row('a reset after the head', { type: 'reset', after: { frames: 0 } }, 'stream_truncated', 3),
    row('a reset in the middle of the first frame', { type: 'reset', after: { bytes: 20 } }, 'stream_truncated', 3),
    row('a reset in the middle of the answer', { type: 'reset' }, 'stream_truncated', 1),
    row('an end without an end', { type: 'truncate' }, 'stream_truncated', 1),
    row('an empty stream', { type: 'truncate', after: { frames: 0 } }, 'stream_truncated', 3),
    row(
      'an error before the first word',
      { type: 'error-frame', after: { frames: 0 }, status: 500 },
      'server_error',
      3,
    ),
    row('an error that is the request’s', errorFrame('invalid_request_error'), 'invalid_request', 1, { seen: false }),
    row('an error after the first word', { type: 'error-frame', status: 500 }, 'server_error', 1),
    row('a page of HTML with 200', { type: 'html' }, 'malformed_frame', 1, { seen: false }),
    row('a frame that does not parse', { type: 'malformed-frame' }, 'malformed_frame', 1),
    row('a frame that is too large', { type: 'huge-frame' }, 'frame_too_large', 1),
    row('silence before the head', { type: 'stall', after: 'request' }, 'timeout', 3, { timeout: { first: 200 } }),
    row('silence after the head', { type: 'stall', after: { frames: 0 } }, 'timeout', 3, { timeout: { first: 200 } }),
    row('silence after some words', { type: 'stall', after: { frames: 3 } }, 'timeout', 1, { timeout: { idle: 60 } }),
    row('an answer that takes too long', { type: 'endless' }, 'timeout', 1, { timeout: { total: 300 } }),
  ]

  function row(
    name: string,
    fault: Fault,
    code: ErrorCode,
    asked: 1 | 3,
    { seen = asked === 1, ...options }: ModelOptions & { readonly seen?: boolean } = {},
  ): Row {
    return { name, fault, code, asked, seen, options }
  }

  function errorFrame(errorType: string): Fault {
    return { type: 'error-frame', after: { frames: 0 }, status: 400, errorType }
  }

  it.each(ROWS)('$name is $code, and is asked for $asked times', async ({ fault, code, asked, seen, options }) => {
    server.reply('one two three four', { fault, times: 3 })
    const { chunks, error, partial } = await outcome(server.url, options)
    expect(error).toMatchObject({ code })
    expect(server.requests).toHaveLength(asked)
    expect(error.attempts).toBe(asked === 3 ? 3 : undefined)
    expect(chunks.some(({ type }) => type === 'text-delta')).toBe(seen)
    expect(partial.status).toBe('partial')
    expect(partial.text !== '').toBe(seen)
  })

  it('an error as JSON with 200 is the error that it says', async () => {
    server.reply({ status: 200, type: 'server_error' }, { times: 3 })
    expect((await outcome(server.url)).error).toMatchObject({ code: 'server_error' })
    expect(server.requests).toHaveLength(3)
    server.reply({ status: 200, type: 'insufficient_quota', code: 'insufficient_quota' })
    expect((await outcome(server.url)).error).toMatchObject({ code: 'quota_exhausted' })
    expect(server.requests).toHaveLength(4)
  })

  it('a redirect to another origin is not followed, and not tried again', async () => {
    let asked = 0
    await using raw = await startRawServer((socket) => {
      asked += 1
      const location = `${server.url}/v1/chat/completions`
      socket.write(response('307 Temporary Redirect', { location }, ''))
    })
    expect((await outcome(raw.url)).error).toMatchObject({ code: 'invalid_request', status: 307 })
    expect(asked).toBe(1)
    expect(server.requests).toHaveLength(0)
  })

  it('a server that accepts and says nothing, before TLS or after, is given up and asked again', async () => {
    let asked = 0
    await using raw = await startRawServer(() => {
      asked += 1
    })
    expect((await outcome(raw.url, { timeout: { first: 100 } })).error).toMatchObject({ code: 'timeout', attempts: 3 })
    expect(asked).toBe(3)
    const url = raw.url.replace('http:', 'https:')
    expect((await outcome(url, { timeout: { connect: 100 } })).error).toMatchObject({ code: 'timeout', attempts: 3 })
    expect(raw.connections).toBe(6)
  })

  it('a certificate that nobody vouches for is refused, and not tried again', async () => {
    let handshakes = 0
    const file = (name: string) => readFileSync(new URL(`./support/localhost.${name}.pem`, import.meta.url))
    const tls = createServer({ key: file('key'), cert: file('cert') }, () => {})
    tls.on('connection', (socket) => {
      handshakes += 1
      socket.on('error', () => {})
    })
    tls.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
    const { port } = tls.address() as AddressInfo
    const { error } = await outcome(`https://localhost:${port}`)
    await new Promise((resolve) => tls.close(resolve))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: false, fallbackable: true })
    expect(handshakes).toBe(1)
  })

  it('a name that has no address is not asked for again; a port where nobody listens is', async () => {
    const nowhere = (await outcome('http://nowhere.invalid')).error
    expect(nowhere).toMatchObject({ code: 'connection_failed', fallbackable: true })
    // A name server that does not answer at all (EAI_AGAIN) may do so later.
    expect(nowhere.attempts).toBe(nowhere.retryable ? 3 : undefined)
    await server.close()
    expect((await outcome(server.url)).error).toMatchObject({ code: 'connection_failed', attempts: 3 })
  })
})
