import { createPipeline, family } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, choice, read, sse, textOf } from './reading.ts'

const openai = family('openai-chat')
const end = sse(choice({}, 'stop'), '[DONE]')
const said = (text: string) => JSON.stringify(choice({ content: text }))

/** What servers send, and what WHATWG's event stream makes of it. */
const DIALECTS: Readonly<Record<string, { readonly stream: string; readonly text: string }>> = {
  LF: { stream: `data: ${said('one')}\n\ndata: ${said('two')}\n\n${end}`, text: 'onetwo' },
  CRLF: { stream: `data: ${said('one')}\r\n\r\ndata: ${said('two')}\r\n\r\n${end}`, text: 'onetwo' },
  'CR alone': { stream: `data: ${said('one')}\r\rdata: ${said('two')}\r\r${end}`, text: 'onetwo' },
  'a byte order mark': { stream: `\uFEFFdata: ${said('one')}\n\n${end}`, text: 'one' },
  'no space after the colon': { stream: `data:${said('one')}\n\n${end}`, text: 'one' },
  'data over several lines': {
    stream: `data: ${said('one').replace(',', ',\ndata: ')}\n\n${end}`,
    text: 'one',
  },
  'an event name, an id and a retry time': {
    stream: `event: message\nid: 7\nretry: 3000\ndata: ${said('one')}\n\n${end}`,
    text: 'one',
  },
  'comments, also inside an event': { stream: `: ping\n\n: ping\ndata: ${said('one')}\n\n${end}`, text: 'one' },
  'fields that nobody knows': { stream: `colour: red\ndata: ${said('one')}\nplain\n\n${end}`, text: 'one' },
  'empty data': { stream: `data:\n\ndata: ${said('one')}\n\n${end}`, text: 'one' },
  'characters beyond the basic plane': { stream: `data: ${said('🪲 Käfer 終')}\n\n${end}`, text: '🪲 Käfer 終' },
  'a done signal in lower case and spaces': {
    stream: `${sse(choice({ content: 'one' }, 'stop'))}data:  [done] \n\n`,
    text: 'one',
  },
  'a done signal in quotes': { stream: `${sse(choice({ content: 'one' }, 'stop'))}data: "[DONE]"\n\n`, text: 'one' },
  'no blank line after the last event': {
    stream: `data: ${said('one')}\n\ndata: ${JSON.stringify(choice({ content: 'two' }, 'stop'))}`,
    text: 'onetwo',
  },
}

describe('server-sent events', () => {
  for (const [name, { stream, text }] of Object.entries(DIALECTS)) {
    it(`reads ${name}, whole and byte by byte`, () => {
      for (const pieces of [[stream], bytesOf(stream)]) {
        const { chunks, error } = read(openai, pieces)
        expect(error).toBeUndefined()
        expect(textOf(chunks)).toBe(text)
        expect(chunks.at(-1)?.type).toBe('finish')
      }
    })
  }

  it('gives what is no UTF-8 as U+FFFD, the same however it is cut', () => {
    const [before, after] = said('x~y').split('~')
    const stream = Buffer.concat([
      Buffer.from(`data: ${before}`),
      Buffer.from([0xf0, 0x9f, 0x41, 0xe2, 0x82, 0xff, 0xc0, 0xed, 0xa0, 0x80]),
      Buffer.from(`${after}\n\n${end}`),
    ])
    const whole = read(openai, [stream])
    expect(textOf(whole.chunks)).toBe(
      `x${new TextDecoder().decode(Uint8Array.of(0xf0, 0x9f, 0x41, 0xe2, 0x82, 0xff, 0xc0, 0xed, 0xa0, 0x80))}y`,
    )
    expect(read(openai, bytesOf(stream))).toEqual(whole)
  })

  it('does not depend on buffers that the transport uses again', () => {
    const pipeline = createPipeline(openai)
    const one = Buffer.alloc(1)
    let text = ''
    for (const byte of Buffer.from(`data: ${said('Käfer 🪲')}\n\n`)) {
      one[0] = byte
      text += textOf(pipeline.push(one))
      one[0] = 0
    }
    expect(text).toBe('Käfer 🪲')
  })

  it('passes over whatever follows the done signal, in the same read and in later ones', () => {
    const pipeline = createPipeline(openai)
    const chunks = pipeline.push(
      Buffer.from(sse(choice({ content: 'one' }, 'stop'), '[DONE]', 'no JSON at all', choice({ content: 'two' }))),
    )
    expect(textOf(chunks)).toBe('one')
    expect(pipeline.complete).toBe(true)
    expect(pipeline.push(Buffer.from('data: more nonsense\n\n'))).toEqual([])
    expect(pipeline.end()).toEqual([])
    expect(pipeline.failure).toBeUndefined()
  })
})
