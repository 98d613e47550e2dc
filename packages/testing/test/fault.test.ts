import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, type ProviderServer, startProviderServer } from '../src/index.ts'
import { ask, events, get, open } from './client.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const TEXT = 'one two three four'
const apis = [
  ['openai-chat', ask.openai()],
  ['anthropic-messages', ask.anthropic()],
  ['gemini', ask.gemini()],
] as const
const MiB = 1024 * 1024

/** The bytes of the same answer without a fault: its number is in its ids, so it is asked of a server of its own. */
async function intact(asked: (typeof apis)[number][1]): Promise<Buffer> {
  const other = await startProviderServer({ reply: TEXT })
  const { bytes } = await get(other, asked)
  await other.close()
  return bytes
}

describe.each(apis)('%s', (_, asked) => {
  test('truncated: all is said, the protocol does not end, the connection does, cleanly', async () => {
    server.reply(TEXT, { fault: { type: 'truncate' } })
    const { bytes, text, error } = await get(server, asked)
    const whole = await intact(asked)
    expect(error).toBeUndefined()
    expect(whole.subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(text).toContain(' four')
    expect(text).not.toMatch(/"finish_reason":"|\[DONE\]|message_stop|message_delta|finishReason/)
    await server.whenIdle()
    expect(server.requests[0]?.outcome).toBe('answered')
  })

  test('reset: the connection breaks in the middle of a frame', async () => {
    server.reply(TEXT, { fault: { type: 'reset' } })
    const { bytes, text, error } = await get(server, asked)
    const whole = await intact(asked)
    expect(error?.code).toBe('ECONNRESET')
    expect(whole.subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(text).toContain('one')
    expect(text).not.toMatch(/\n\r?\n$/)
    await server.requests[0]?.closed
    expect(server.requests[0]).toMatchObject({ outcome: 'reset', bytesWritten: bytes.length })
  })

  test('half a character: the last bytes are the beginning of one', async () => {
    server.reply(TEXT, { fault: { type: 'half-character' } })
    const { bytes, error } = await get(server, asked)
    expect(error).toBeUndefined()
    expect([...bytes.subarray(-2)]).toEqual([...Buffer.from('€').subarray(0, 2)])
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
  })

  test('a malformed frame does not parse, and the rest follows', async () => {
    server.reply(TEXT, { fault: { type: 'malformed-frame' } })
    const { text } = await get(server, asked)
    const payloads = text.split(/\r?\n\r?\n/).flatMap((event) => /^data: (\{.*)$/m.exec(event)?.[1] ?? [])
    const parses = payloads.map((payload) => {
      try {
        return JSON.parse(payload) !== undefined
      } catch {
        return false
      }
    })
    expect(parses.filter((good) => !good)).toHaveLength(1)
    expect(parses.at(-1)).toBe(true)
    expect(text).toContain(' four')
  })

  test('garbage: bytes of nobody between two frames, the same for the same seed', async () => {
    server.reply(TEXT, { fault: { type: 'garbage', size: 100, seed: 3 } })
    const { bytes } = await get(server, asked)
    const whole = await intact(asked)
    expect(bytes.length).toBe(whole.length + 100)
    const from = bytes.findIndex((byte, at) => byte !== whole[at])
    const noise = bytes.subarray(from, from + 100)
    expect(Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 100)]).equals(whole)).toBe(true)
    expect(noise.equals(whole.subarray(from, from + 100))).toBe(false)
  })

  test('an error in mid-stream has the shape of the API and is the last thing said', async () => {
    server.reply(TEXT, { fault: { type: 'error-frame', status: 529, message: 'too much', errorType: 'mine' } })
    const { text } = await get(server, asked)
    const last = events(text).at(-1)
    expect(JSON.stringify(last)).toContain('"too much"')
    expect(JSON.stringify(last)).toContain('"mine"')
    expect(text).toContain('one')
    expect(text).not.toContain(' four')
  })

  test('one huge frame among the others is whole, and parses', async () => {
    server.reply(TEXT, { fault: { type: 'huge-frame', size: 3 * MiB } })
    const { text } = await get(server, asked)
    const frames = text.split(/(?<=\n\r?\n)/)
    const huge = frames.filter(({ length }) => length > MiB)
    expect(huge.map(({ length }) => length)).toEqual([3 * MiB])
    expect(events(huge.join(''))).toHaveLength(1)
    expect(text).toContain(' four')
  })

  test('endless: the server writes as much as the sockets hold and no more', async () => {
    server.reply(TEXT, { fault: { type: 'endless' } })
    const { request, response } = open(server, asked)
    const reading = await response
    reading.pause()
    const received = server.requests[0]
    if (!received) throw new Error('the request is recorded before its answer begins')
    // Kernel buffers take some megabytes. Once they are full, nothing more is written however long the loop turns.
    let before = -1
    let still = 0
    while (still < 200 && received.bytesWritten < 64 * MiB) {
      await new Promise((resolve) => setImmediate(resolve))
      still = received.bytesWritten === before ? still + 1 : 0
      before = received.bytesWritten
    }
    expect(received.bytesWritten).toBeLessThan(64 * MiB)
    expect(received.outcome).toBe('open')

    reading.resume()
    await server.until(() => received.bytesWritten > before + MiB)
    request.destroy()
    await received.closed
    expect(received.outcome).toBe('client-left')
  })

  test('stall: what came before it arrives, then nothing until it is over', async () => {
    let goOn = (): void => {}
    const until = new Promise<void>((resolve) => {
      goOn = resolve
    })
    server.reply(TEXT, { fault: { type: 'stall', until } })
    const reading = await open(server, asked).response
    let text = ''
    reading.on('data', (piece: Buffer) => {
      text += piece
    })
    await new Promise<void>((resolve) => {
      reading.on('data', () => text.includes('one') && resolve())
    })
    expect(server.active).toBe(1)
    goOn()
    await new Promise((resolve) => reading.once('end', resolve))
    expect(Buffer.from(text).equals(await intact(asked))).toBe(true)
  })
})

describe('places', () => {
  test('a stall for ever ends when the client leaves', async () => {
    server.reply(TEXT, { fault: { type: 'stall', after: { frames: 0 } } })
    const { request, response } = open(server, ask.openai())
    expect((await response).statusCode).toBe(200)
    expect(server.requests[0]).toMatchObject({ outcome: 'open', bytesWritten: 0 })
    request.destroy()
    await server.whenIdle()
    expect(server.requests[0]).toMatchObject({ outcome: 'client-left', bytesWritten: 0 })
  })

  test('a stall after the request sends not even headers', async () => {
    let goOn = (): void => {}
    const until = new Promise<void>((resolve) => {
      goOn = resolve
    })
    server.reply(TEXT, { fault: { type: 'stall', after: 'request', until } })
    const answer = get(server, ask.openai())
    await server.until(({ active }) => active === 1)
    expect(server.requests[0]?.status).toBeUndefined()
    goOn()
    expect((await answer).text).toContain(' four')
  })

  test('a reset after the request comes before any header', async () => {
    server.reply(TEXT, { fault: { type: 'reset', after: 'request' } })
    const { status, error } = await get(server, ask.openai())
    expect(status).toBeUndefined()
    expect(error?.code).toBe('ECONNRESET')
  })

  test('a reset comes after exactly the bytes and frames it was told', async () => {
    const whole = await intact(ask.openai())
    const second = whole.indexOf('\n\n') + 2
    server.reply(TEXT, { fault: { type: 'reset', after: { bytes: 17 } } })
    server.reply(TEXT, { fault: { type: 'reset', after: { frames: 1, bytes: 5 } } })
    server.reply(TEXT, { fault: { type: 'reset', after: { frames: 1, bytes: 5 } }, cut: 1 })
    expect((await get(server, ask.openai())).bytes).toHaveLength(17)
    expect((await get(server, ask.openai())).bytes).toHaveLength(second + 5)
    expect((await get(server, ask.openai())).bytes).toHaveLength(second + 5)
  })

  const plain = ask.openai({ stream: false })

  test('a plain answer breaks in the middle of its body', async () => {
    const { bytes: whole } = await get(server.reply(TEXT), plain)
    for (const type of ['truncate', 'reset'] as const) {
      const { bytes, error } = await get(server.reply(TEXT, { fault: { type } }), plain)
      expect(bytes.length).toBe(Math.floor(whole.length / 2))
      expect(error?.code).toBe(type === 'reset' ? 'ECONNRESET' : undefined)
    }
  })

  test('a plain answer may be endless, huge, or end in half a character', async () => {
    const { text } = await get(server.reply(TEXT, { fault: { type: 'huge-frame', size: MiB } }), plain)
    expect(text).toHaveLength(MiB)
    expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion' })

    const { bytes } = await get(server.reply(TEXT, { fault: { type: 'half-character' } }), plain)
    expect(bytes.at(-1)).toBe(Buffer.from('€')[1])

    const { request, response } = open(server.reply(TEXT, { fault: { type: 'endless' } }), plain)
    ;(await response).resume()
    await server.until(({ requests }) => (requests[2]?.bytesWritten ?? 0) > MiB)
    request.destroy()
    await server.whenIdle()
  })

  test('recordings go wrong in the same ways', async () => {
    const recording = await intact(ask.anthropic())
    server.replay(recording, { fault: { type: 'truncate' } })
    const { text } = await get(server, ask.anthropic())
    expect(text).toContain(' four')
    expect(text).not.toContain('message_delta')

    const tail = Buffer.from(
      'data: {"type":"response.output_text.delta","delta":"Hi"}\n\ndata: {"type":"response.completed"}\n\n',
    )
    const foreign = { ...ask.openai(), path: '/v2/chat' }
    server.replay(tail, { fault: { type: 'truncate' } })
    expect((await get(server, foreign)).text).not.toContain('response.completed')
    server.replay(tail, { fault: { type: 'half-character' } })
    expect((await get(server, foreign)).bytes.at(-1)).toBe(Buffer.from('€')[1])
  })

  test('HTML comes with status 200', async () => {
    server.reply(TEXT, { fault: { type: 'html' } })
    const { status, headers, text } = await get(server, ask.gemini())
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(text).toMatch(/^<!DOCTYPE html>/)
  })

  test('a fault that has no place in its answer is a 500 that says so', async () => {
    const toolsOnly = { toolCalls: [{ toolName: 'weather', input: {} }] }
    const textFaults: readonly Fault['type'][] = ['endless', 'huge-frame', 'half-character', 'malformed-frame']
    for (const [index, type] of textFaults.entries()) {
      const { status, text } = await get(server.reply(toolsOnly, { fault: { type } as Fault }), ask.openai())
      expect(status).toBe(500)
      expect(text).toContain(`the fault \\"${type}\\" is made of a frame that says text`)
      expect(server.requests[index]?.error).toMatchObject({ code: 'invalid_request' })
    }
  })
})

test('a fault or an option that nobody knows is an error where it is scripted, and names the one that was meant', async () => {
  expect(() => server.reply(TEXT, { fault: { type: 'resett' } as unknown as Fault })).toThrowError(
    /stall, reset, .*got the type 'resett'\. Did you mean \{ type: 'reset' \}\?/,
  )
  expect(() => server.reply(TEXT, { fault: 'reset' as unknown as Fault })).toThrowError(
    /Did you mean \{ type: 'reset' \}/,
  )
  expect(() => server.reply(TEXT, { intervall: 1 } as object)).toThrowError(/`intervall`.*`interval`/)
  await expect(startProviderServer({ fallback: TEXT } as object)).rejects.toThrowError(/among reply, .*got `fallback`/)
})
