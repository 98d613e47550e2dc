import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool } from '@braid/core'
import { Builder, type Run, type Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { read } from '../laws/material.ts'
import { besides, die, start } from './material.ts'

const CALL = { toolCalls: [{ toolName: 'wipe', input: { disk: 'C' } }] }

async function provider(): Promise<ProviderServer> {
  const server = await startProviderServer()
  onTestFinished(() => server.close())
  return server
}

/** A run of another process, in which a call waits for approval and something else goes on. */
async function elsewhere(server: ProviderServer): Promise<{ session: Session; run: Run; exited: Promise<unknown> }> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-runs-'))
  const path = join(folder, 'history.db')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const child = start('asking', { path, url: server.url })
  const exited = once(child, 'exit')
  const [{ runId }] = (await once(child, 'message')) as [{ runId: string }]
  const session = await besides(path)
  return { session, run: await session.runs.get(runId), exited }
}

/** The id under which a call of the run waits. */
async function waiting(run: Run): Promise<string> {
  for await (const [, chunk] of run.stream()) if (chunk.type === 'tool-approval-request') return chunk.approvalId
  throw new Error('nothing asked for approval')
}

test('another process reads a run as it goes on, approves a call of it, and ends the rest', async () => {
  const server = await provider()
  server.reply(CALL).reply('it is wiped')
  const { run } = await elsewhere(server)
  expect(run.status).toBe('running')
  const reading = read(run.stream())
  await expect(run.approve('nobody')).rejects.toMatchObject({ code: 'unknown_approval' })
  await expect(run.cancelOperation('nobody')).rejects.toMatchObject({ code: 'unknown_operation' })
  await run.approve(await waiting(run))
  let text = ''
  for await (const word of run.stream().text('agent')) text += word
  expect(text).toBe('it is wiped')
  await run.skipOperation('other')
  const { tuples, error } = await reading
  expect(error).toBeUndefined()
  const ends = tuples.flatMap(([id, chunk]) => (chunk.type === 'operation-end' ? [`${id} ${chunk.status}`] : []))
  expect(ends).toEqual(['agent completed', 'other skipped'])
  expect([...(await run.results())].map(([id, { status }]) => `${id} ${status}`)).toEqual(ends)
})

test('another process denies a call, and cancels the run: both are told to whoever reads', async () => {
  const server = await provider()
  server.reply(CALL).reply('then not', { fault: { type: 'stall' } })
  const { run } = await elsewhere(server)
  await run.deny(await waiting(run), 'not today')
  const reading = read(run.stream())
  for await (const chunk of run.stream().operation('agent')) if (chunk.type === 'tool-error') break
  await run.cancel('enough')
  const { tuples, error } = await reading
  expect(error).toMatchObject({ code: 'cancelled', message: 'enough' })
  const denied = tuples.find(([, { type }]) => type === 'tool-error')?.[1]
  expect(denied).toMatchObject({ error: { code: 'access_denied', message: expect.stringContaining('not today') } })
  await expect(run.results()).rejects.toMatchObject({ code: 'cancelled' })
  // It is over: nothing is left to be done.
  await run.cancel()
  await expect(run.approve('any')).rejects.toMatchObject({ code: 'unknown_approval' })
})

test('a call that waited for approval when its process died is asked again, and can be answered', async () => {
  const server = await provider()
  server.reply(CALL)
  const { path, runId } = await die('asking', { url: server.url })
  const session = await besides(path)
  const interrupted = await session.runs.get(runId)
  expect(interrupted.status).toBe('interrupted')
  await expect(interrupted.cancel()).rejects.toMatchObject({ code: 'run_interrupted' })
  await expect(interrupted.results()).rejects.toMatchObject({ code: 'run_interrupted' })
  const before = await waiting(interrupted)
  const wipe = tool({
    name: 'wipe',
    description: 'wipes',
    input: z.object({ disk: z.string() }),
    approval: true,
    run: ({ disk }) => `wiped ${disk}`,
  })
  session.services.register(new iModel('openai/model', { name: 'model', baseUrl: server.url, apiKey: 'key' }), wipe)
  server.reply(CALL).reply('done')
  const builder = new Builder({ session })
  builder.react({ name: 'agent', instruction: 'wipe it', branch: 'talk', imodel: 'model', tools: ['wipe'] })
  builder.task({ name: 'other', run: () => 'other' })
  const stream = session.resume(runId, builder)
  for await (const [, chunk] of stream) {
    if (chunk.type !== 'tool-approval-request') continue
    expect(chunk.approvalId).not.toBe(before)
    await stream.approve(chunk.approvalId)
  }
  expect((await stream.results).get(builder.get('agent'))).toBe('done')
})
