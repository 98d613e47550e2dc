import { NO_METADATA } from '@braid/core'
import { describe, expect, it } from 'vitest'
import { iModel } from '../src/index.ts'
import { failure, read } from './support/read.ts'

describe('a function as a model', () => {
  it('answers with what it yields', async () => {
    const echo = iModel.from(
      async function* ({ messages }) {
        yield `You sent ${messages.length} messages. `
        yield 'I have no opinion.'
      },
      { name: 'echo' },
    )
    expect([echo.name, echo.provider, echo.model]).toEqual(['echo', 'function', 'echo'])
    const stream = echo.invoke('x')
    const { chunks } = await read(stream)
    expect(chunks.map(({ type }) => type)).toEqual([
      'message-start',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'finish',
    ])
    const message = await stream.response
    expect([message.text, message.content.finishReason, message.content.model]).toEqual([
      'You sent 1 messages. I have no opinion.',
      'stop',
      'echo',
    ])
  })

  it('may yield chunks between its words, and finish as it likes', async () => {
    const base = { candidate: 0, metadata: NO_METADATA } as const
    const model = iModel.from(
      async function* () {
        yield 'before'
        yield { ...base, type: 'source', id: 's', url: 'https://example.org' } as const
        yield ' after'
        yield { ...base, type: 'finish', finishReason: 'length', usage: { outputTokens: 2 } } as const
      },
      { name: 'f' },
    )
    const message = await model.invoke('x').response
    expect(message.content).toMatchObject({ finishReason: 'length', usage: { outputTokens: 2 } })
    expect(message.content.parts.map((part) => part.type)).toEqual(['text', 'source', 'text'])
    expect((await model.invoke('x').response).text).toBe('before after')
  })

  it('that says nothing gives an empty answer, and one that yields something else an error', async () => {
    const silent = iModel.from(async function* () {}, { name: 'silent' })
    expect((await read(silent.invoke('x'))).chunks.map(({ type }) => type)).toEqual(['message-start', 'finish'])
    const odd = iModel.from(
      async function* () {
        yield 5 as unknown as string
      },
      { name: 'odd' },
    )
    expect((await failure(odd.invoke('x'))).code).toBe('malformed_frame')
  })

  it('that throws fails after what it said', async () => {
    const model = iModel.from(
      async function* () {
        yield 'so far'
        throw new Error('no further')
      },
      { name: 'f' },
    )
    const stream = model.invoke('x')
    expect((await failure(stream)).message).toBe('no further')
    expect(stream.partial.text).toBe('so far')
  })

  it('is ended when its reader leaves', async () => {
    let ended = false
    const model = iModel.from(
      async function* () {
        try {
          for (;;) yield 'on and on'
        } finally {
          ended = true
        }
      },
      { name: 'f' },
    )
    for await (const _ of model.invoke('x')) break
    expect(ended).toBe(true)
  })

  it('is not waited for when it ignores an abort', async () => {
    const model = iModel.from(
      async function* () {
        yield 'one'
        await new Promise(() => {})
      },
      { name: 'stuck' },
    )
    const controller = new AbortController()
    const stream = model.invoke('x', { signal: controller.signal })
    const reading = read(stream)
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort('enough')
    expect((await reading).error).toBe('enough')
    expect(stream.partial.text).toBe('one')
  })

  it('that never waits lets the rest of the program run', async () => {
    const model = iModel.from(
      async function* () {
        for (;;) yield 'x'
      },
      { name: 'busy' },
    )
    const controller = new AbortController()
    setImmediate(() => controller.abort('my turn'))
    const { chunks, error } = await read(model.invoke('x', { signal: controller.signal }))
    expect(error).toBe('my turn')
    expect(chunks.length).toBeLessThan(3 * 1024)
  })

  it('has its name and no other option', () => {
    const model = iModel.from(async function* () {}, { name: 'f' })
    expect(model.with({ name: 'g' }).name).toBe('g')
    expect(() => model.with({ temperature: 1 })).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  })
})
