import { once } from 'node:events'
import { Agent, get as httpGet, request as send } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProviderServer, startProviderServer } from '../src/index.ts'
import { ask, at, events, get, open } from './client.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const endless = { fault: { type: 'endless' } } as const

describe('the script', () => {
  const textOf = async (asked = ask.openai()): Promise<string> =>
    events((await get(server, asked)).text)
      .flatMap((frame) => at(frame, 'choices', 0, 'delta', 'content') ?? [])
      .join('')

  test('is taken in order, each reply once, and then the fallback answers', async () => {
    server.reply('first').reply('second')
    expect(server.unused).toBe(2)
    expect([await textOf(), await textOf()]).toEqual(['first', 'second'])
    expect(server.unused).toBe(0)
    expect(await textOf()).toContain('you said: "Why is the sky blue?"')
  })

  test('can be meant for a model, for requests that fit, and for so many of them', async () => {
    server
      .reply('for y', { model: 'gpt-y', times: Infinity })
      .reply('for the hot', { when: ({ body }) => body['temperature'] === 2, times: 2 })
      .reply('for whoever')
    expect(await textOf(ask.openai({ temperature: 2 }))).toBe('for the hot')
    expect(await textOf()).toBe('for whoever')
    expect(await textOf(ask.openai({ temperature: 2 }))).toBe('for the hot')
    expect(await textOf(ask.openai({ temperature: 2 }))).toContain('gpt-x')
    expect(await textOf(ask.openai({ model: 'gpt-y' }))).toBe('for y')
    expect(await textOf(ask.openai({ model: 'gpt-y' }))).toBe('for y')
    expect(server.unused).toBe(0)
  })

  test('may be a function of the request, which may take its time', async () => {
    server.reply(async ({ prompt, model, index }) => `${model} ${index} ${prompt}`)
    expect(await textOf()).toBe('gpt-x 0 Why is the sky blue?')
  })

  test('a function that throws is a 500 for the client and the error of the request', async () => {
    server.reply(() => {
      throw new Error('a mistake in the test')
    })
    const { status, text } = await get(server, ask.anthropic())
    expect(status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    expect(server.requests[0]?.error?.message).toBe('a mistake in the test')
  })

  test('headers that no answer can have break the connection and are the error of the request', async () => {
    server.reply({ status: 500, headers: { 'x bad': '1' } })
    expect((await get(server, ask.openai())).error?.code).toBe('ECONNRESET')
    expect(server.requests[0]?.error?.message).toContain('x bad')
  })

  test('the fallback and the pace of all answers are options of the server', async () => {
    await server.close()
    server = await startProviderServer({ reply: 'always this', cut: 1 })
    const { text, pieces, bytes } = await get(server, ask.openai())
    expect(text).toContain('always')
    expect(pieces).toHaveLength(bytes.length)
  })
})

describe('the report', () => {
  test('has what the client sent, and of secrets only that they came', async () => {
    await get(server, ask.openai({ temperature: 0.5 }))
    const { path, ...gemini } = ask.gemini()
    await get(server, { ...gemini, path: `${path}&key=sk-secret` })
    await server.whenIdle()
    expect(server.requests[0]).toMatchObject({
      index: 0,
      api: 'openai-chat',
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: '[present]', 'content-type': 'application/json' },
      body: { temperature: 0.5 },
      model: 'gpt-x',
      status: 200,
      outcome: 'answered',
    })
    expect(server.requests[1]).toMatchObject({
      path: '/v1beta/models/gemini-x:streamGenerateContent?alt=sse&key=[present]',
      headers: { 'x-goog-api-key': '[present]' },
    })
    expect(JSON.stringify(server.requests)).not.toContain('sk-secret')
  })

  test('a body that is no JSON, or says nothing, is a 400 in the shape of the API', async () => {
    const post = (body: string) =>
      fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body }).then(async (got) => [
        got.status,
        await got.json(),
      ])
    expect(await post('{"model":')).toMatchObject([400, { error: { type: 'invalid_request_error' } }])
    expect(await post('{}')).toMatchObject([400, { error: { message: 'you must provide a model parameter' } }])
    expect(await post('{"model":"x"}')).toMatchObject([400, { error: { message: /messages/ } }])
  })

  test('counts connections, and how many are open', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { path, headers, body } = ask.openai()
    for (let at = 0; at < 3; at++) {
      const request = send(server.url + path, { method: 'POST', agent, headers })
      request.end(JSON.stringify(body))
      const [response] = await once(request, 'response')
      response.resume()
      await once(response, 'end')
    }
    expect(server).toMatchObject({ connections: 1, openSockets: 1, active: 0, peakActive: 1 })
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1])
    agent.destroy()
    await server.until(({ openSockets }) => openSockets === 0)
    await get(server, ask.openai())
    expect(server.connections).toBe(2)
    expect(server.requests[3]?.connection).toBe(2)
  })

  test('counts how many answers were on their way at once', async () => {
    const clients = Array.from({ length: 5 }, () => open(server.reply('x', endless), ask.openai()))
    await server.until(({ active }) => active === 5)
    for (const { request } of clients) request.destroy()
    await server.whenIdle()
    expect(server).toMatchObject({ active: 0, peakActive: 5, connections: 5 })
    expect(server.requests.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'client-left'))
  })

  test('a client that leaves before its request is complete made none', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write('POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"mod')
    await server.until(({ openSockets }) => openSockets === 1)
    socket.destroy()
    await server.until(({ openSockets }) => openSockets === 0)
    expect(server.requests).toEqual([])
  })

  test('until: rejects with what its condition throws, and when the server closes before', async () => {
    await expect(
      server.until(() => {
        throw new Error('a mistake in the condition')
      }),
    ).rejects.toThrow('a mistake in the condition')
    const never = server.until(({ requests }) => requests.length === 1)
    await Promise.all([expect(never).rejects.toMatchObject({ code: 'session_closed' }), server.close()])
    await expect(server.until(() => false)).rejects.toMatchObject({ code: 'session_closed' })
    await expect(server.until(() => true)).resolves.toBeUndefined()
  })
})

describe('closing', () => {
  test('ends answers on their way, idle connections and silent ones, and leaves nothing open', async () => {
    const agent = new Agent({ keepAlive: true })
    httpGet(`${server.url}/nothing`, { agent }).on('error', () => {})
    const silent = connect(server.port, '127.0.0.1').on('error', () => {})
    const stalled = open(server.reply('x', { fault: { type: 'stall', after: 'request' } }), ask.openai())
    await server.until(({ active }) => active === 1)
    const flowing = open(server.reply('x', endless), ask.openai())
    const delayed = open(server.reply('x', { delay: 2 ** 30 }), ask.openai())
    const reading = await flowing.response
    const broken = once(reading.resume(), 'error')
    await server.until(({ requests, openSockets }) => requests.length === 4 && openSockets === 5)

    await Promise.all([server.close(), server.close()])
    expect(server.openSockets).toBe(0)
    expect(server.active).toBe(0)
    expect(server.requests.filter(({ outcome }) => outcome === 'open')).toEqual([])
    expect(server.requests.filter(({ outcome }) => outcome === 'server-closed')).toHaveLength(3)
    await broken
    await expect(stalled.response).rejects.toThrow()
    await expect(delayed.response).rejects.toThrow()
    silent.destroy()
    agent.destroy()
  })

  test('is what `await using` does at the end of its block', async () => {
    let seen: ProviderServer
    {
      await using inner = await startProviderServer()
      seen = inner
      await get(inner, ask.openai())
    }
    await expect(fetch(seen.url)).rejects.toThrow()
    expect(seen.openSockets).toBe(0)
  })
})
