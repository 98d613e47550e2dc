import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Cut, type ProviderServer, startProviderServer } from '../src/index.ts'
import { ask, get } from './client.ts'

let server: ProviderServer
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'braid-replay-'))
  server = await startProviderServer()
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const STREAM = Buffer.from(
  ': hello\n\nevent: a\ndata: {"text":"Ø 天气 😀"}\n\ndata: x\r\n\r\ndata: y\r\rdata: unfinished',
)

/** A message of `application/vnd.amazon.eventstream` as far as its framing goes: its length, and that many bytes. */
function eventMessage(size: number): Buffer {
  const message = Buffer.alloc(size, 0xfe)
  message.writeUInt32BE(size)
  return message
}

describe('replaying a recording', () => {
  const cuts: readonly Cut[] = ['frame', 'whole', 1, 3, 7, 1000, { seed: 1 }, { seed: 2, max: 5 }]

  test.each(cuts)('gives exactly its bytes, cut by %j', async (cut) => {
    server.replay(STREAM, { cut })
    const { bytes, headers } = await get(server, ask.openai())
    expect(bytes.equals(STREAM)).toBe(true)
    expect(headers['content-type']).toBe('text/event-stream')
    expect(server.requests[0]?.bytesWritten).toBe(STREAM.length)
  })

  test('sends frame by frame unless told otherwise', async () => {
    server.replay(STREAM)
    const { pieces } = await get(server, ask.openai())
    expect(pieces.map(String)).toEqual([
      ': hello\n\n',
      'event: a\ndata: {"text":"Ø 天气 😀"}\n\n',
      'data: x\r\n\r\n',
      'data: y\r\r',
      'data: unfinished',
    ])
  })

  test('sends pieces of the size that was asked for', async () => {
    server.replay(STREAM, { cut: 7 }).replay(STREAM, { cut: 'whole' })
    const { pieces } = await get(server, ask.openai())
    expect(pieces.map(({ length }) => length)).toEqual([
      ...Array.from({ length: Math.floor(STREAM.length / 7) }, () => 7),
      ...(STREAM.length % 7 === 0 ? [] : [STREAM.length % 7]),
    ])
    expect((await get(server, ask.openai())).pieces).toHaveLength(1)
  })

  test('the same seed gives the same cuts, another seed others', async () => {
    for (const seed of [5, 5, 6]) server.replay(STREAM, { cut: { seed, max: 9 } })
    const lengths: string[] = []
    for (let at = 0; at < 3; at++) {
      const { pieces } = await get(server, ask.openai())
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(9)
      lengths.push(pieces.map(({ length }) => length).join())
    }
    expect(lengths[1]).toBe(lengths[0])
    expect(lengths[2]).not.toBe(lengths[0])
  })

  test('reads a file by its path or its URL, and knows what it is by its ending', async () => {
    const expected = [
      ['a.sse', 'text/event-stream'],
      ['a.json', 'application/json'],
      ['a.jsonl', 'application/x-ndjson'],
      ['a.eventstream', 'application/vnd.amazon.eventstream'],
    ] as const
    for (const [name, contentType] of expected) {
      const file = join(folder, name)
      writeFileSync(file, STREAM)
      server.replay(file).replay(pathToFileURL(file))
      for (const _ of ['path', 'url']) {
        const { headers, bytes } = await get(server, ask.gemini())
        expect(headers['content-type']).toBe(contentType)
        expect(bytes.equals(STREAM)).toBe(true)
      }
    }
  })

  test('guesses what bytes are by how they begin, unless it is told', async () => {
    const guesses = [
      ['data: x\n\n', 'text/event-stream'],
      ['{"a":1}', 'application/json'],
      ['[{"a":1}\n]', 'application/json'],
      ['{"a":1}\n{"a":2}\n', 'application/x-ndjson'],
      [eventMessage(20), 'application/vnd.amazon.eventstream'],
      ['<html></html>', 'text/html; charset=utf-8'],
    ] as const
    for (const [source, contentType] of guesses) {
      server.replay(Buffer.from(source))
      expect((await get(server, ask.openai())).headers['content-type']).toBe(contentType)
    }
    server.replay(STREAM, { contentType: 'text/plain' })
    expect((await get(server, ask.openai())).headers['content-type']).toBe('text/plain')
  })

  test('finds the frames of event streams, lines and Gemini arrays', async () => {
    const messages = [eventMessage(20), eventMessage(33), eventMessage(16)]
    server.replay(Buffer.concat([...messages, Buffer.from([0, 0])]))
    expect((await get(server, ask.openai())).pieces.map(({ length }) => length)).toEqual([20, 33, 16, 2])

    server.replay(Buffer.from('{"a":1}\n{"a":2}\n'))
    expect((await get(server, ask.openai())).pieces.map(String)).toEqual(['{"a":1}\n', '{"a":2}\n'])

    server.replay(Buffer.from('[{\n  "a": 1\n}\n,\r\n{\n  "a": 2\n}\n]'))
    expect((await get(server, ask.openai())).pieces.map(String)).toEqual([
      '[{\n  "a": 1\n}',
      '\n,\r\n{\n  "a": 2\n}\n',
      ']',
    ])
  })

  test('answers paths of APIs that the server does not speak; scripted text does not', async () => {
    server.reply('for an API that it speaks').replay(STREAM)
    const foreign = { ...ask.openai(), path: '/v2/chat' }
    expect((await get(server, foreign)).bytes.equals(STREAM)).toBe(true)
    const { status, text } = await get(server, foreign)
    expect(status).toBe(404)
    expect(text).toContain('POST /v2/chat')
    expect(server.requests[0]).toMatchObject({ api: undefined, path: '/v2/chat', model: 'gpt-x' })
    expect(server.unused).toBe(1)
  })

  test('says at the call that there is no such file', () => {
    expect(() => server.replay(join(folder, 'nothing.sse'))).toThrow(/nothing\.sse/)
  })

  test('waits before the first byte and between chunks without losing one', async () => {
    server.replay(STREAM, { delay: 3, interval: 1, cut: 10 })
    expect((await get(server, ask.openai())).bytes.equals(STREAM)).toBe(true)
  })
})
