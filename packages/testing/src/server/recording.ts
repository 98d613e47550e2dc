import { readFileSync } from 'node:fs'
import { asBraidError } from '@braid/core'

/**
 * Recorded bytes, sent as they are.
 *
 * @example
 * server.reply(({ model }) => ({ file: `streams/${model}.sse` }), { times: Infinity })
 */
export type Recording = ({ readonly file: string | URL } | { readonly bytes: Uint8Array }) & {
  /** Default: by the file's ending, then by what the bytes begin with. */
  readonly contentType?: string
}

/** The bytes of a recording and what they are. Throws `not_found` where there is no such file. */
export function load(recording: Recording): { readonly bytes: Uint8Array; readonly contentType: string } {
  if ('bytes' in recording) {
    return { bytes: recording.bytes, contentType: recording.contentType ?? guess(recording.bytes) }
  }
  const bytes = read(recording.file)
  return { bytes, contentType: recording.contentType ?? guess(bytes, ending(recording.file)) }
}

function read(file: string | URL): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw asBraidError(error, 'not_found')
  }
}

const BY_ENDING: Readonly<Record<string, string>> = {
  sse: 'text/event-stream',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  ndjson: 'application/x-ndjson',
  eventstream: 'application/vnd.amazon.eventstream',
  bin: 'application/vnd.amazon.eventstream',
  html: 'text/html; charset=utf-8',
}

function ending(file: string | URL): string {
  return String(file).split('.').at(-1) ?? ''
}

function guess(bytes: Uint8Array, extension?: string): string {
  const known = extension === undefined ? undefined : BY_ENDING[extension]
  if (known !== undefined) return known
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // An event stream message begins with its length, of which the first byte is zero below 16 MB; text never begins so.
  if (body[0] === 0) return 'application/vnd.amazon.eventstream'
  const text = body.subarray(0, 4096).toString('latin1').trimStart()
  if (text.startsWith('<')) return 'text/html; charset=utf-8'
  if (text.startsWith('[')) return 'application/json'
  if (!text.startsWith('{')) return 'text/event-stream'
  return isJson(body) ? 'application/json' : 'application/x-ndjson'
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString())
    return true
  } catch {
    return false
  }
}
