import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BraidError } from '@braid/core'
import { type EventStreamHeader, EventStreamReader } from '@braid/stream'
import { everyWay } from './every-way.ts'

const MiB = 1024 * 1024

interface Vector {
  readonly id: string
  /** What the message says or, in words, what is wrong with it. */
  readonly official: string | Official
}

interface Official {
  readonly headers: readonly { readonly name: string; readonly value: unknown }[]
  readonly payload: string
}

/** Smithy's vectors of the AWS event stream, by name, each with what is wrong. Those that are corrupt on purpose must be refused. */
export function* checkEventStreamVectors(
  folder: string,
): Generator<readonly [name: string, wrong: string | undefined]> {
  const vectors = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as readonly Vector[]
  for (const { id, official } of vectors) {
    const name = basename(id)
    yield [name, wrong(readFileSync(join(folder, `${name}.bin`)), official)]
  }
}

function wrong(stream: Uint8Array, official: Vector['official']): string | undefined {
  const wanted =
    typeof official === 'string'
      ? { refused: 'malformed_frame' }
      : [{ headers: official.headers.map(({ name, value }) => [name, value]), payload: official.payload }]
  for (const [how, pieces] of everyWay(stream)) {
    const is = messagesOf(pieces)
    if (!isDeepStrictEqual(is, wanted)) return `${how}: ${JSON.stringify(is)} instead of ${JSON.stringify(wanted)}`
  }
  return undefined
}

function messagesOf(pieces: Iterable<Uint8Array>): unknown {
  const messages: object[] = []
  const reader = new EventStreamReader(({ headers, payload }) => {
    messages.push({
      headers: [...headers].map(([name, value]) => [name, asInVectors(name, value)]),
      payload: payload.toString('base64'),
    })
  }, MiB)
  try {
    for (const piece of pieces) reader.push(piece)
  } catch (error) {
    if (error instanceof BraidError) return { refused: error.code }
    throw error
  }
  return reader.torn ? { torn: messages } : messages
}

/** The vectors write text, bytes and UUIDs in base64, and a timestamp as its number. */
function asInVectors(name: string, value: EventStreamHeader): unknown {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'bigint') return Number(value)
  if (name === 'uuid') return Buffer.from(String(value).replaceAll('-', ''), 'hex').toString('base64')
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
