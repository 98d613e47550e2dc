import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProviderServer } from '@braid/testing'
import { Builder, flowStream, iModel, type ModelConfig, Session } from 'braid'
import { expect, onTestFinished, test } from 'vitest'
import { Heard } from './heard.ts'
import { held } from './held.ts'

const OPERATIONS = 50

test('leaving 50 operations that would never end closes every socket, and the file keeps what had arrived, marked partial', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'braid-e2e-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'work.db')
  const server = await startProviderServer()
  onTestFinished(() => server.close())
  server.reply('again', { fault: { type: 'endless' }, times: Number.POSITIVE_INFINITY })

  const session = await Session.open(path)
  onTestFinished(() => session.close())
  const providers: readonly Pick<ModelConfig, 'provider' | 'baseUrl'>[] = [
    { provider: 'openai', baseUrl: `${server.url}/v1` },
    { provider: 'anthropic', baseUrl: server.url },
    { provider: 'gemini', baseUrl: server.url },
  ]
  const builder = new Builder({ session })
  const operations = builder.fanOut(Array.from({ length: OPERATIONS }), (_, index) => {
    const imodel = new iModel({ ...providers[index % providers.length]!, model: `m${index}`, apiKey: 'any' })
    return builder.communicate({ name: `lane-${index}`, branch: `lane-${index}`, imodel, instruction: 'Go on' })
  })

  const heard = new Map(operations.map(({ id }) => [id, new Heard()]))
  const silent = new Set(heard.keys())
  for await (const [operationId, chunk] of flowStream(builder)) {
    heard.get(operationId)!.push(chunk)
    if (chunk.type === 'text-delta') silent.delete(operationId)
    if (silent.size === 0) break
  }

  await server.until(({ openSockets, active }) => openSockets === 0 && active === 0)
  expect(server.connections).toBe(OPERATIONS)
  expect(server.requests.map(({ outcome }) => outcome)).toEqual(Array(OPERATIONS).fill('client-left'))

  await session.close()
  await using again = await Session.open(path)
  const kept = await held(again)
  expect(Object.keys(kept).sort()).toEqual([...heard.keys()].sort())
  for (const [operationId, { text }] of heard) {
    const { instruction, status, finishReason, ...answer } = kept[operationId]!
    expect({ instruction, status, finishReason }).toEqual({
      instruction: 'Go on',
      status: 'partial',
      finishReason: null,
    })
    expect(answer.text).toMatch(/^(again)+$/)
    // More may have arrived than the reader had taken; nothing that it took is missing.
    expect(answer.text.length).toBeGreaterThanOrEqual(text.length)
  }
  expect(server.connections).toBe(OPERATIONS)
})
