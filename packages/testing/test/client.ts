import { type ClientRequest, type IncomingMessage, request as send } from 'node:http'
import { finished } from 'node:stream/promises'
import type { ProviderServer } from '../src/index.ts'

/** What a request asks, in each API's own words. */
export const ask = {
  openai: (body: object = {}) => ({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-secret' },
    body: { model: 'gpt-x', messages: [{ role: 'user', content: 'Why is the sky blue?' }], stream: true, ...body },
  }),
  responses: (body: object = {}) => ({
    path: '/v1/responses',
    headers: { authorization: 'Bearer sk-secret' },
    body: { model: 'gpt-x', input: 'Why is the sky blue?', stream: true, ...body },
  }),
  anthropic: (body: object = {}) => ({
    path: '/v1/messages',
    headers: { 'x-api-key': 'sk-secret', 'anthropic-version': '2023-06-01' },
    body: {
      model: 'claude-x',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Why is the sky blue?' }],
      stream: true,
      ...body,
    },
  }),
  gemini: (body: object = {}, method = 'streamGenerateContent?alt=sse', model = 'gemini-x') => ({
    path: `/v1beta/models/${model}:${method}`,
    headers: { 'x-goog-api-key': 'sk-secret' },
    body: { contents: [{ role: 'user', parts: [{ text: 'Why is the sky blue?' }] }], ...body },
  }),
  bedrock: (body: object = {}, method = 'converse-stream', model = 'anthropic.claude-x') => ({
    path: `/model/${model}/${method}`,
    headers: { authorization: 'Bearer sk-secret' },
    body: { messages: [{ role: 'user', content: [{ text: 'Why is the sky blue?' }] }], ...body },
  }),
}

export interface Ask {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

/** What came over the wire: the pieces as HTTP chunks arrived, and the error that ended them, if one did. */
export interface Got {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly pieces: readonly Buffer[]
  readonly bytes: Buffer
  readonly text: string
  readonly error: NodeJS.ErrnoException | undefined
}

/** Sends a request and hands out its response as soon as the headers are there. */
export function open(
  server: ProviderServer,
  { path, headers, body }: Ask,
): { request: ClientRequest; response: Promise<IncomingMessage> } {
  const request = send(server.url + path, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
  })
  // A test that breaks a request off may not look at its response.
  response.catch(() => {})
  request.end(JSON.stringify(body))
  return { request, response }
}

/** Sends a request and reads the answer until it ends or breaks. */
export async function get(server: ProviderServer, asked: Ask): Promise<Got> {
  const pieces: Buffer[] = []
  let response: IncomingMessage | undefined
  let error: NodeJS.ErrnoException | undefined
  try {
    response = await open(server, asked).response
    // Not by iterating: that merges pieces which wait to be read.
    response.on('data', (piece: Buffer) => pieces.push(piece))
    await finished(response)
  } catch (thrown) {
    error = thrown as NodeJS.ErrnoException
  }
  const bytes = Buffer.concat(pieces)
  return {
    status: response?.statusCode,
    headers: response?.headers ?? {},
    pieces,
    bytes,
    text: bytes.toString(),
    error,
  }
}

/** The payloads of server-sent events, parsed; `[DONE]` as it is. */
export function events(text: string): readonly unknown[] {
  return text
    .split(/\r?\n\r?\n/)
    .flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)))
}

/** What is at a path of keys and indexes in parsed JSON; undefined where the path leads nowhere. */
export function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<string | number, unknown> | undefined)?.[key], json)
}
