import { getEventListeners } from 'node:events'
import { manifests } from '@braid/stream'
import { startProviderServer } from '@braid/testing'
import { CancelToken, iModel, Manifest, type StreamCallback, StreamingMessage, StreamProcessor } from 'braid'
import { describe, expect, test } from 'vitest'

describe('a processor by name', () => {
  test('reads what fetch got from that provider, and a message grows beside it', async () => {
    await using server = await startProviderServer()
    server.reply('It scatters blue light.')
    const response = fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'any', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'Why?' }] }),
    })
    const told: string[] = []
    const callback: StreamCallback = { onComplete: ({ text }) => told.push(text) }
    const message = new StreamingMessage('strict')
    for await (const chunk of new StreamProcessor('anthropic').process(response, { callback })) message.push(chunk)
    expect(message).toMatchObject({ isComplete: true, state: 'done', diagnostics: [] })
    expect([message.snapshot().text, ...told]).toEqual(['It scatters blue light.', 'It scatters blue light.'])
  })

  test("reads the events of AWS's client, which it could not ask for itself", async () => {
    const events = [
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
      { metadata: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } } },
    ]
    async function* held() {
      yield* events
    }
    for (const name of ['bedrock', 'bedrock-converse'] as const) {
      const { text, content } = await new StreamProcessor(name).process(held()).response
      expect([text, content.usage.totalTokens]).toEqual(['Hi', 3])
    }
  })

  test('that nobody knows is told the closest one', () => {
    const typo = 'antropic' as 'anthropic'
    expect(() => new StreamProcessor(typo)).toThrow(expect.objectContaining({ code: 'unknown_provider' }))
  })

  test('is a manifest as well', async () => {
    const id = 'acme'
    const acme = Manifest.parse({ ...manifests['openai-chat'], id })
    await expect(new StreamProcessor(acme).process([Buffer.from('data: {oops\n\n')]).response).rejects.toThrow(id)
  })
})

describe('a cancel token', () => {
  test('interrupts a pending read, closes the connection, and keeps the partial message', async () => {
    await using server = await startProviderServer()
    server.reply('one two three', { fault: { type: 'stall', after: { frames: 3 } } })
    const token = new CancelToken()
    const stream = new iModel('openai/m', { baseUrl: server.url, apiKey: 'any' }).invoke('x', { signal: token.signal })
    const reading = (async () => {
      for await (const chunk of stream) if (chunk.type === 'text-delta') setImmediate(() => token.cancel('enough'))
    })()
    await expect(reading).rejects.toBe('enough')
    expect(stream.partial.status).toBe('partial')
    expect(stream.partial.text).not.toBe('')
    await server.until(() => server.requests.every(({ outcome }) => outcome === 'client-left'))
    expect(getEventListeners(token.signal, 'abort')).toEqual([])
  })

  test('says so once, to everyone who listens and to who comes later, and not to who has stopped', () => {
    const token = new CancelToken()
    const told: unknown[] = []
    const stop = token.onCancel(() => told.push('stopped'))
    for (let listener = 0; listener < 20; listener += 1) token.onCancel((reason) => told.push(reason))
    stop()
    expect(token.cancelled).toBe(false)
    token.cancel('first')
    token.cancel('second')
    token.onCancel((reason) => told.push(reason))
    expect(told).toEqual(Array.from({ length: 21 }, () => 'first'))
    expect([token.cancelled, token.signal.reason]).toEqual([true, 'first'])
  })

  test('without a reason has one with a name', () => {
    const token = new CancelToken()
    token.cancel()
    expect(token.signal.reason).toMatchObject({ code: 'cancelled' })
  })

  test('cancels by itself after its timeout, which keeps no process alive', async () => {
    const token = new CancelToken({ timeout: 1 })
    const reason = await new Promise((resolve) => {
      // The token's own timer would not keep this test alive.
      const alive = setInterval(() => {}, 10)
      token.onCancel((given) => {
        clearInterval(alive)
        resolve(given)
      })
    })
    expect(reason).toMatchObject({ code: 'timeout' })
  })

  test('has no timeout that is no time', () => {
    for (const timeout of [-1, Number.NaN, 2 ** 31]) {
      expect(() => new CancelToken({ timeout })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    }
  })
})

describe('a chat', () => {
  test('asks its model what was put together, and its beginning can be used again', async () => {
    await using server = await startProviderServer()
    server.reply('Good day.', { times: Number.POSITIVE_INFINITY })
    const polite = new iModel('openai/m', { baseUrl: server.url, apiKey: 'any' }).chat().system('You are polite.')
    let text = ''
    for await (const chunk of polite.user('Hello').stream()) if (chunk.type === 'text-delta') text += chunk.data
    await polite.user('Bye').assistant('So soon?').user('Yes').stream().response
    expect(text).toBe('Good day.')
    expect(server.requests.map(({ messages }) => messages.map((message) => [message.role, message.text]))).toEqual([
      [
        ['system', 'You are polite.'],
        ['user', 'Hello'],
      ],
      [
        ['system', 'You are polite.'],
        ['user', 'Bye'],
        ['assistant', 'So soon?'],
        ['user', 'Yes'],
      ],
    ])
  })

  test('takes a signal', async () => {
    const chat = iModel
      .from(async function* () {}, { name: 'silent' })
      .chat()
      .user('Hello')
    await expect(chat.stream({ signal: AbortSignal.abort('never') }).response).rejects.toBe('never')
  })
})
