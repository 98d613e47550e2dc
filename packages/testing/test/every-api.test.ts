import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProviderServer, startProviderServer } from '../src/index.ts'
import { ask, get } from './client.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

describe('every API', () => {
  const all = [
    ['openai-chat', ask.openai()],
    ['openai-responses', ask.responses()],
    ['anthropic-messages', ask.anthropic()],
    ['gemini', ask.gemini()],
    ['bedrock-converse', ask.bedrock()],
  ] as const

  test.each(all)(
    '%s: says something of its own when nothing was scripted, the same for the same request',
    async (api, asked) => {
      const first = await get(server, asked)
      const other = await startProviderServer()
      const again = await get(other, asked)
      await other.close()
      expect(again.bytes.equals(first.bytes)).toBe(true)
      expect(first.text).toContain(' sky')
      expect(server.requests[0]).toMatchObject({ api, prompt: 'Why is the sky blue?', stream: true })
    },
  )

  test('messages are read in one vocabulary, the system prompt first', async () => {
    await get(
      server,
      ask.openai({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: [{ type: 'text', text: 'Why?' }] },
        ],
      }),
    )
    await get(
      server,
      ask.anthropic({ system: 'Be brief.', messages: [{ role: 'user', content: [{ type: 'text', text: 'Why?' }] }] }),
    )
    await get(
      server,
      ask.gemini({ systemInstruction: { parts: [{ text: 'Be brief.' }] }, contents: [{ parts: [{ text: 'Why?' }] }] }),
    )
    await get(
      server,
      ask.responses({
        instructions: 'Be brief.',
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'Why?' }] }],
      }),
    )
    await get(
      server,
      ask.bedrock({ system: [{ text: 'Be brief.' }], messages: [{ role: 'user', content: [{ text: 'Why?' }] }] }),
    )
    for (const { messages } of server.requests) {
      expect(messages).toEqual([
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'Why?' },
      ])
    }
    expect(server.requests).toHaveLength(5)
  })

  const rateLimits = [
    ['openai', ask.openai(), { error: { type: 'requests', code: 'rate_limit_exceeded', message: 'no', param: null } }],
    ['anthropic', ask.anthropic(), { type: 'error', error: { type: 'rate_limit_error', message: 'no' } }],
    ['gemini', ask.gemini(), { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'no' } }],
  ] as const

  test.each(rateLimits)("%s: an error has its provider's body and Retry-After", async (_, asked, body) => {
    server.reply({ status: 429, retryAfter: 7, message: 'no' })
    const { status, headers, text } = await get(server, asked)
    expect(status).toBe(429)
    expect(headers['retry-after']).toBe('7')
    expect(JSON.parse(text)).toMatchObject(body)
  })

  test('bedrock: an error has its type in a header, and its words in the body', async () => {
    server.reply({ status: 429 })
    const { status, headers, text } = await get(server, ask.bedrock())
    expect(status).toBe(429)
    expect(headers['x-amzn-errortype']).toBe('ThrottlingException')
    expect(JSON.parse(text)).toEqual({ message: expect.stringContaining('Too many requests') })
  })

  test('an error may name its own type and code, and come with status 200', async () => {
    server.reply({ status: 200, type: 'insufficient_quota', code: 'insufficient_quota', message: 'pay' })
    const { status, text } = await get(server, ask.openai())
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'insufficient_quota', code: 'insufficient_quota' } })
  })

  test('a Gemini array stream gets its error in an array', async () => {
    server.reply({ status: 503, retryAfter: 3 })
    const { text } = await get(server, ask.gemini({}, 'streamGenerateContent'))
    expect(JSON.parse(text)).toMatchObject([{ error: { status: 'UNAVAILABLE', details: [{ retryDelay: '3s' }] } }])
  })

  const withoutKey = [
    ['openai', ask.openai(), { error: { code: 'invalid_api_key' } }],
    ['anthropic', ask.anthropic(), { error: { type: 'authentication_error' } }],
    ['gemini', ask.gemini(), { error: { status: 'UNAUTHENTICATED' } }],
  ] as const

  test.each(withoutKey)('%s: no key is a 401 where one is required', async (_, asked, body) => {
    const locked = await startProviderServer({ requireKey: true })
    const refused = await get(locked, { ...asked, headers: { 'anthropic-version': '2023-06-01' } })
    expect(refused.status).toBe(401)
    expect(JSON.parse(refused.text)).toMatchObject(body)
    expect((await get(locked, asked)).status).toBe(200)
    await locked.close()

    const picky = await startProviderServer({ requireKey: 'another' })
    expect((await get(picky, asked)).status).toBe(401)
    await picky.close()
  })
})
