import { BraidError } from '@braid/core'
import { createPipeline, type EventStreamMessage, EventStreamReader, family } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import {
  awsEvent,
  awsException,
  awsMessage,
  awsPrelude,
  converseEnd,
  converseText,
  type RawHeader,
  sized,
} from './aws.ts'
import { bytesOf, only, read, textOf } from './reading.ts'

const converse = family('bedrock-converse')
const MiB = 1024 * 1024

function messagesOf(pieces: Iterable<Uint8Array>): { headers: object; payload: string }[] {
  const found: { headers: object; payload: string }[] = []
  const reader = new EventStreamReader(
    ({ headers, payload }: EventStreamMessage) =>
      found.push({ headers: Object.fromEntries(headers), payload: payload.toString() }),
    MiB,
  )
  for (const piece of pieces) reader.push(piece)
  return found
}

function bytes(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size)
  write(buffer)
  return buffer
}

/** Seven bytes per read, which cuts every length and every checksum somewhere. */
function inSevens(stream: Buffer): Uint8Array[] {
  return Array.from({ length: Math.ceil(stream.length / 7) }, (_, at) => stream.subarray(at * 7, at * 7 + 7))
}

describe('an AWS event stream', () => {
  it.each<[string, RawHeader, unknown]>([
    ['true', [0, Buffer.alloc(0)], true],
    ['false', [1, Buffer.alloc(0)], false],
    ['an 8-bit integer', [2, bytes(1, (b) => b.writeInt8(-49))], -49],
    ['a 16-bit integer', [3, bytes(2, (b) => b.writeInt16BE(-300))], -300],
    ['a 32-bit integer', [4, bytes(4, (b) => b.writeInt32BE(-70_000))], -70_000],
    ['a 64-bit integer', [5, bytes(8, (b) => b.writeBigInt64BE(-(2n ** 60n)))], -(2n ** 60n)],
    ['bytes', [6, sized(Uint8Array.of(0, 255))], Uint8Array.of(0, 255)],
    ['text', [7, sized(Buffer.from('größe'))], 'größe'],
    ['a timestamp', [8, bytes(8, (b) => b.writeBigInt64BE(8_675_309n))], new Date(8_675_309)],
    ['a UUID', [9, Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex')], '01020304-0506-0708-090a-0b0c0d0e0f10'],
  ])('has headers that are %s', (_, header, value) => {
    const message = awsMessage({ before: 'x', it: header, after: 'y' }, '{}')
    const expected = [{ headers: { before: 'x', it: value, after: 'y' }, payload: '{}' }]
    expect(messagesOf([message])).toEqual(expected)
    expect(messagesOf(bytesOf(message))).toEqual(expected)
  })

  it('may have messages without headers and without a payload', () => {
    const stream = Buffer.concat([awsMessage({}, ''), awsMessage({ a: 'b' }, ''), awsMessage({}, 'x')])
    for (const pieces of [[stream], bytesOf(stream), inSevens(stream)]) {
      expect(messagesOf(pieces)).toEqual([
        { headers: {}, payload: '' },
        { headers: { a: 'b' }, payload: '' },
        { headers: {}, payload: 'x' },
      ])
    }
  })

  it('does not keep what the transport will use again', () => {
    const one = awsMessage({ kind: [6, sized(Uint8Array.of(1, 2, 3))] }, 'x')
    const messages: EventStreamMessage[] = []
    const reader = new EventStreamReader((message) => messages.push(message), MiB)
    const buffer = Buffer.from(one)
    reader.push(buffer)
    buffer.fill(0)
    reader.push(one)
    expect(messages.map(({ headers }) => headers.get('kind'))).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)])
  })

  it.each<[string, Uint8Array]>([
    ['a header of a type that there is none of', awsMessage({ it: [10, Buffer.alloc(0)] }, '')],
    ['a header that goes beyond its block', awsMessage({ it: [7, Buffer.from([0, 200, 65])] }, '')],
    ['a header whose length is cut off', awsMessage({ it: [7, Buffer.from([0])] }, '')],
    ['a header without a name', awsMessage({ '': 'x' }, '')],
    ['headers that are longer than the message', awsPrelude(100, 90)],
    ['a message that is shorter than its own frame', awsPrelude(15, 0)],
    ['headers beyond what the format allows', awsPrelude(300_000, 200_000)],
  ])('with %s is malformed', (_, stream) => {
    for (const pieces of [[stream], bytesOf(stream)]) {
      expect(() => messagesOf(pieces)).toThrow(
        expect.objectContaining({ name: BraidError.name, code: 'malformed_frame' }),
      )
    }
  })
})

/** What the AWS SDK makes of these was measured; some of it is worth doing differently. */
describe('a Bedrock stream, cut into sevens', () => {
  const text = converseText('Hello', ', world')

  it('gives text, keeps an event that nobody knows as raw, and does not mind fields that nobody knows', () => {
    const unknown = awsEvent('futureEvent', { some: 'thing' })
    const { chunks, error } = read(converse, inSevens(Buffer.concat([text, unknown, converseEnd()])))
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe('Hello, world')
    expect(only(chunks, 'raw').map(({ rawResponse }) => rawResponse)).toEqual([{ futureEvent: { some: 'thing' } }])
    expect(only(chunks, 'finish')).toMatchObject([
      { finishReason: 'stop', rawFinishReason: 'end_turn', usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
    ])
  })

  it.each([
    ['internalServerException', 'server_error', true],
    ['modelStreamErrorException', 'server_error', true],
    ['throttlingException', 'rate_limited', true],
    ['validationException', 'invalid_request', false],
    ['serviceUnavailableException', 'overloaded', true],
    ['modelTimeoutException', 'timeout', true],
    ['someFutureException', 'unknown', false],
  ])('keeps what came before a %s, which is %s', (type, code, retryable) => {
    const stream = Buffer.concat([text, awsException(type, { message: 'the secret prompt', originalStatusCode: 500 })])
    for (const pieces of [[stream], bytesOf(stream), inSevens(stream)]) {
      const { chunks, error } = read(converse, pieces)
      expect(textOf(chunks)).toBe('Hello, world')
      expect(only(chunks, 'finish')).toEqual([])
      expect(error).toMatchObject({ code, retryable })
      expect(error?.message).toContain(type)
      expect(error?.message).not.toContain('secret')
    }
  })

  it('gives an error that is not modelled its code', () => {
    const headers = { ':message-type': 'error', ':error-code': 'InternalServerException', ':error-message': 'secret' }
    const { error } = read(converse, inSevens(Buffer.concat([text, awsMessage(headers, '')])))
    expect(error).toMatchObject({ code: 'server_error', message: expect.stringContaining('InternalServerException') })
    expect(error?.message).not.toContain('secret')
  })

  it('is truncated wherever it ends before messageStop: in a message, in a length, or between two', () => {
    for (let length = 0; length <= text.length; length++) {
      const { chunks, error } = read(converse, [text.subarray(0, length)])
      expect(error?.code, `after ${length} bytes`).toBe('stream_truncated')
      expect('Hello, world'.startsWith(textOf(chunks))).toBe(true)
    }
  })

  it('is whole wherever it ends after messageStop, with the usage if that came', () => {
    const stop = awsEvent('messageStop', { stopReason: 'end_turn' })
    const whole = Buffer.concat([text, converseEnd()])
    for (let length = text.length + stop.length; length <= whole.length; length++) {
      const { chunks, error } = read(converse, [whole.subarray(0, length)])
      expect(error, `after ${length} bytes`).toBeUndefined()
      expect(only(chunks, 'finish')[0]?.usage.totalTokens).toBe(length === whole.length ? 5 : undefined)
    }
  })

  it('with one wrong bit anywhere gives what came before it, and an error', () => {
    const whole = Buffer.concat([text, converseEnd()])
    const right = read(converse, [whole]).chunks
    for (let at = 0; at < whole.length; at++) {
      const wrong = Buffer.from(whole)
      wrong[at]! ^= 1 << (at % 8)
      const { chunks, error } = read(converse, [wrong])
      expect(['malformed_frame', 'stream_truncated'], `bit ${at % 8} of byte ${at}`).toContain(error?.code)
      expect(chunks.map(({ type }) => type)).toEqual(right.slice(0, chunks.length).map(({ type }) => type))
    }
  })

  it('that says a length of 805 MB is refused after twelve bytes, before any room is made for it', () => {
    const claim = awsPrelude(0x30000000, 0)
    expect(read(converse, [claim]).error?.code).toBe('frame_too_large')
    expect(read(converse, bytesOf(claim)).error?.code).toBe('frame_too_large')
    claim[11]! ^= 1
    expect(read(converse, [claim]).error?.code).toBe('malformed_frame')
  })

  it('holds no frame above the limit that the caller sets', () => {
    const stream = converseText('x'.repeat(5000))
    expect(read(converse, [stream], { frameBytes: 6000 }).error?.code).toBe('stream_truncated')
    expect(read(converse, [stream], { frameBytes: 5000 }).error?.code).toBe('frame_too_large')
  })

  it('is complete at messageStop, before the connection closes', () => {
    const pipeline = createPipeline(converse)
    pipeline.push(text)
    expect(pipeline.complete).toBe(false)
    pipeline.push(awsEvent('messageStop', { stopReason: 'end_turn' }))
    expect(pipeline.complete).toBe(true)
  })

  it.each([
    ['a web page', '<html><body>502 Bad Gateway</body></html>', 'malformed_frame'],
    ['JSON', '{"message":"The security token is expired"}', 'malformed_frame'],
    ['a short text', '{}', 'malformed_frame'],
    ['an error in JSON', '{"error":{"type":"ThrottlingException"}}', 'rate_limited'],
    ['nothing', '', 'stream_truncated'],
  ])('in whose place %s comes has a name, however it is cut', (_, body, code) => {
    for (const pieces of [[body], bytesOf(body), inSevens(Buffer.from(body))]) {
      const { chunks, error } = read(converse, pieces)
      expect(chunks).toEqual([])
      expect(error?.code).toBe(code)
    }
  })

  it('whose payload is no JSON is malformed', () => {
    const headers = { ':event-type': 'contentBlockDelta', ':message-type': 'event' }
    const { chunks, error } = read(converse, inSevens(Buffer.concat([text, awsMessage(headers, "{'a':1}")])))
    expect(textOf(chunks)).toBe('Hello, world')
    expect(error?.code).toBe('malformed_frame')
  })
})
