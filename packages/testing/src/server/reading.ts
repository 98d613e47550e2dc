import type { IncomingMessage } from 'node:http'
import type { Issued } from '../wire/issued.ts'
import { type JsonObject, object } from '../wire/json.ts'
import { wireOf } from '../wire/route.ts'
import type { Asked, Problem, Wire } from '../wire/wire.ts'
import { Received } from './request.ts'
import { keyOf, pathWithoutSecrets, withoutSecrets } from './secret.ts'

/** A request together with the API that reads it. */
export interface Reading {
  readonly request: Received
  readonly wire: Wire
  readonly asked: Asked
  /** What the real API refuses it for. */
  readonly problem: Problem | undefined
}

/** Where a request has its place: its number, its connection, and which key this server wants. */
export interface Arrival {
  readonly index: number
  readonly connection: number
  readonly requireKey: boolean | string
  readonly issued: Issued
}

/** Reads a request whose body has come whole. */
export function read(
  incoming: IncomingMessage,
  text: string,
  { index, connection, requireKey, issued }: Arrival,
): Reading {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  const headers = withoutSecrets(incoming.headers)
  const wire = wireOf(url.pathname)
  const body = parsed(text)
  const asked = wire.read(body ?? {}, { url, headers, issued })
  const request = new Received({
    index,
    api: wire.api,
    method: incoming.method ?? '',
    path: pathWithoutSecrets(url),
    headers,
    body: body ?? {},
    model: asked.model,
    messages: asked.messages,
    tools: asked.tools,
    toolChoice: asked.toolChoice,
    schema: asked.schema,
    toolResults: asked.toolResults,
    stream: asked.framing !== 'plain',
    connection,
  })
  const key = keyOf(incoming.headers, url)
  const mayPass = typeof requireKey === 'string' ? key === requireKey : !requireKey || key !== undefined
  return { request, wire, asked, problem: mayPass ? unreadable(wire, asked, body) : { status: 401 } }
}

function unreadable(wire: Wire, asked: Asked, body: JsonObject | undefined): Problem | undefined {
  if (wire.api === undefined) return undefined
  if (body === undefined) return { status: 400, message: 'We could not parse the JSON body of your request.' }
  return asked.problem === undefined ? undefined : { status: 400, message: asked.problem }
}

/** The body of a request; undefined where the client left before it was complete. */
export async function bodyOf(incoming: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of incoming) pieces.push(piece as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(pieces).toString()
}

function parsed(text: string): JsonObject | undefined {
  try {
    return object(JSON.parse(text))
  } catch {
    return undefined
  }
}
