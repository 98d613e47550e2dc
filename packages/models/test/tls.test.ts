import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel } from '../src/index.ts'
import { failure } from './support/read.ts'

const file = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url))

const ANSWER = [
  { index: 0, delta: { content: 'Hello over TLS' } },
  { index: 0, delta: {}, finish_reason: 'stop' },
]
  .map((choice) => `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [choice] })}\n\n`)
  .join('')

// Self-signed, for localhost alone, and in no use but here.
const server = createServer(
  { key: readFileSync(file('localhost.key.pem')), cert: readFileSync(file('localhost.cert.pem')) },
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`${ANSWER}data: [DONE]\n\n`)
  },
)
let port: number
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

describe('TLS', () => {
  it('that nobody vouches for is refused, and trying again would not help', async () => {
    const error = await failure(
      new iModel('openai/m', { baseUrl: `https://localhost:${port}`, apiKey: 'key' }).invoke('x'),
    )
    expect(error).toMatchObject({ code: 'connection_failed', retryable: false })
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  it.each(['localhost', '127.0.0.1'])(
    'to %s works where Node trusts the certificate; and a connection that idles keeps no process alive',
    async (host) => {
      const root = fileURLToPath(new URL('../../..', import.meta.url))
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', '--conditions=source', file('ask.ts'), `https://${host}:${port}`],
        { cwd: root, env: { ...process.env, NODE_EXTRA_CA_CERTS: file('localhost.cert.pem') }, timeout: 30_000 },
      )
      expect(stdout.trim()).toBe('Hello over TLS')
    },
  )
})
