import { BraidError } from '@braid/core'
import { iModel } from '@braid/models'
import { startProviderServer } from '@braid/testing'
import { expect, test } from 'vitest'

const SAID = 'Hello there, this is some text that the network may damage.'

test.each(['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash'] as const)(
  'noise in the middle of a stream of %s never loses text in silence',
  async (id) => {
    await using server = await startProviderServer()
    const baseUrl = id.startsWith('openai') ? `${server.url}/v1` : server.url
    const model = new iModel(id, { baseUrl, apiKey: 'none' })
    let refused = 0
    for (let seed = 0; seed < 40; seed += 1) {
      server.reply(SAID, { fault: { type: 'garbage', seed, size: 20 } })
      const stream = model.invoke('hello')
      try {
        expect((await stream.response).text).toBe(SAID)
      } catch (error) {
        if (!(error instanceof BraidError)) throw error
        expect(error).toMatchObject({ code: 'malformed_frame', retryable: true })
        expect(SAID.startsWith(stream.partial.text)).toBe(true)
        refused += 1
      }
    }
    // Anthropic's frames begin with their event's name, which is all that this noise can swallow.
    if (!id.startsWith('anthropic')) expect(refused).toBeGreaterThan(0)
    await model.close()
  },
)
