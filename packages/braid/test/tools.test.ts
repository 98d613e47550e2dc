import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  Builder,
  type FlowStream,
  flow,
  flowStream,
  iModel,
  type Message,
  type ModelId,
  Session,
  tool,
} from '../src/index.ts'

let folder: string
let server: ProviderServer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'braid-tools-'))
  server = await startProviderServer()
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const PROVIDERS: readonly ModelId[] = [
  'openai/gpt-4o',
  'openai-responses/gpt-4o',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-2.5-flash',
]

function model(id: ModelId): iModel {
  return new iModel(id, { name: id, baseUrl: id.startsWith('openai') ? `${server.url}/v1` : server.url, apiKey: 'key' })
}

function open(): Promise<Session> {
  return Session.open(join(folder, 'work.db'))
}

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  input: z.object({ city: z.string() }),
  async *run({ city }) {
    yield `asking about ${city}`
    if (city === 'Atlantis') throw new Error('no such city')
    return { city, sky: 'clear' }
  },
})

/** What a message says, in few words. */
function told({ content, role, status, text }: Message): string {
  const mark = status === 'partial' ? '?' : ''
  if (content.type === 'action-request')
    return `calls${mark} ${content.calls.map(({ toolName }) => toolName).join(' ')}`
  if (content.type !== 'action-response') return `${role}${mark} ${text}`
  return `results${mark} ${content.outcomes.map((each) => ('error' in each ? each.error.code : 'ok')).join(' ')}`
}

async function history(session: Session, branch: string): Promise<readonly string[]> {
  return (await (await session.branch(branch)).messages()).map(told)
}

const CALLS = ['Oslo', 'Atlantis', 'Rome'].map((city) => ({ toolName: 'weather', input: { city } }))

describe.each(PROVIDERS)('over the wire of %s', (id) => {
  test('a react asks, runs what is called side by side, and asks again with what that came to', async () => {
    await using session = await open()
    server.reply({ text: 'Let me look.', toolCalls: CALLS }).reply('Rome, then.')
    const builder = new Builder({ session })
    const agent = builder.react({ instruction: 'Where to?', tools: [weather], imodel: model(id), branch: 'trip' })
    const stream = flowStream(agent)
    const shown: unknown[] = []
    for await (const [, chunk] of stream) {
      if (chunk.type === 'tool-result' && !chunk.preliminary) shown.push(chunk.output)
      if (chunk.type === 'tool-error') shown.push(chunk.error.code)
    }
    expect(await stream.result(agent)).toBe('Rome, then.')
    expect(shown).toHaveLength(3)
    const [first, second] = server.requests
    expect(first?.tools).toMatchObject([{ name: 'weather', description: 'The weather in a city' }])
    expect(second?.toolResults.map(({ toolName }) => toolName)).toEqual(['weather', 'weather', 'weather'])
    const results = JSON.stringify(second?.toolResults)
    for (const part of ['Oslo', 'no such city', 'Rome']) expect(results).toContain(part)
    expect(await history(session, 'trip')).toEqual([
      'user Where to?',
      'assistant Let me look.',
      'calls weather weather weather',
      'results ok tool_failed ok',
      'assistant Rome, then.',
    ])
  })

  test('a turn that was left while a tool ran is a history that every provider takes', async () => {
    const wait = tool({
      name: 'wait',
      description: '',
      input: z.object({}),
      run: (_, { signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    })
    {
      await using session = await open()
      server.reply({ toolCalls: [...CALLS.slice(0, 1), { toolName: 'wait', input: {} }] })
      const builder = new Builder({ session })
      builder.react({ instruction: 'x', tools: [weather, wait], imodel: model(id), branch: 'trip' })
      for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-result' && !chunk.preliminary) break
      expect((await history(session, 'trip')).slice(-2)).toEqual(['calls weather wait', 'results? ok ok'])
    }
    await using session = await open()
    for (const other of PROVIDERS) {
      const copy = await (await session.branch('trip')).fork()
      server.reply('Well.')
      expect(await session.conduct('communicate', copy, { instruction: 'And now?', imodel: model(other) })).toBe(
        'Well.',
      )
    }
  })

  test('a message that breaks off behind a call runs nothing, and its history is taken by every provider', async () => {
    await using session = await open()
    server.reply({ text: 'Let me look.', toolCalls: CALLS.slice(0, 1) }, { fault: { type: 'truncate' } })
    const builder = new Builder({ session })
    const agent = builder.react({ instruction: 'x', tools: [weather], imodel: model(id), branch: 'trip' })
    const results = await flow(builder, { onError: 'continue' })
    expect(results.outcome(agent)).toMatchObject({ status: 'failed', error: { code: 'stream_truncated' } })
    const left = await history(session, 'trip')
    expect(left.slice(0, 2)).toEqual(['user x', 'assistant? Let me look.'])
    expect([[], ['calls? weather', 'results? cancelled']]).toContainEqual(left.slice(2))
    for (const other of PROVIDERS) {
      const copy = await (await session.branch('trip')).fork()
      server.reply('Well.')
      expect(await session.conduct('communicate', copy, { instruction: 'And now?', imodel: model(other) })).toBe(
        'Well.',
      )
    }
  })

  test('an answer in a form comes after the tools', async () => {
    await using session = await open()
    server.reply({ toolCalls: CALLS.slice(0, 1) }).reply('{"city": "Oslo", "umbrella": false}')
    const output = z.object({ city: z.string(), umbrella: z.boolean() })
    const advice = await session.conduct('react', 'trip', {
      instruction: 'x',
      tools: [weather],
      imodel: model(id),
      output,
    })
    expect(advice).toEqual({ city: 'Oslo', umbrella: false })
  })

  test('a tool that waits for a person waits without a connection in use, and goes on when it is approved', async () => {
    const refund = tool({
      name: 'refund',
      description: '',
      input: z.object({ cents: z.number() }),
      approval: true,
      run: ({ cents }) => cents,
    })
    await using session = await open()
    server.reply({ toolCalls: [{ toolName: 'refund', input: { cents: 500 } }] }).reply('Done.')
    const builder = new Builder({ session })
    const agent = builder.react({ instruction: 'x', tools: [refund], imodel: model(id), branch: 'desk' })
    const stream: FlowStream = flowStream(builder)
    for await (const [, chunk] of stream) {
      if (chunk.type !== 'tool-approval-request') continue
      expect(server.active).toBe(0)
      await stream.approve(chunk.approvalId)
    }
    expect(await stream.result(agent)).toBe('Done.')
    expect((await history(session, 'desk')).slice(1)).toEqual([
      'assistant ',
      'calls refund',
      'results ok',
      'assistant Done.',
    ])
  })

  test('leaving while model and tool are both at work closes the socket and signals the tool', async () => {
    let stopped = false
    const look = tool({
      name: 'look',
      description: '',
      input: z.object({ n: z.number() }),
      safe: true,
      async *run(_, { signal }) {
        try {
          yield 'begun'
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        } finally {
          stopped = signal.aborted
        }
      },
    })
    await using session = await open()
    const calls = [1, 2].map((n) => ({ toolName: 'look', input: { n } }))
    server.reply({ toolCalls: calls }, { interval: 20 })
    const builder = new Builder({ session })
    builder.react({ instruction: 'x', tools: [look], imodel: model(id), branch: 'b', toolStreaming: true })
    for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-result') break
    expect(stopped).toBe(true)
    await server.until(({ active }) => active === 0)
    expect((await history(session, 'b')).at(-1)).toMatch(/^results\? /)
  })
})

test('what one provider called, another reads, over a conversation that goes through all of them', async () => {
  await using session = await open()
  for (const [turn, id] of PROVIDERS.entries()) {
    server.reply({ text: `Turn ${turn}.`, toolCalls: CALLS.slice(0, 2) }).reply(`Answer ${turn}.`)
    const said = await session.conduct('react', 'trip', {
      instruction: `Question ${turn}?`,
      tools: [weather],
      imodel: model(id),
    })
    expect(said).toBe(`Answer ${turn}.`)
  }
  expect(server.requests.every(({ status }) => status === 200)).toBe(true)
  expect(await history(session, 'trip')).toHaveLength(5 * PROVIDERS.length)
  expect(server.requests.at(-1)?.toolResults).toHaveLength(2 * PROVIDERS.length)
})

test('a model that gives several answers is refused before it is asked, where there are tools', async () => {
  await using session = await open()
  const several = model('openai/gpt-4o').with({ n: 3 })
  const asked = session.conduct('react', 'trip', { instruction: 'x', tools: [weather], imodel: several })
  await expect(asked).rejects.toMatchObject({ code: 'unsupported_parameter', message: expect.stringContaining('`n`') })
  expect(server.requests).toHaveLength(0)
  expect(await history(session, 'trip')).toEqual([])
  server.reply('x')
  await session.conduct('communicate', 'trip', { instruction: 'x', imodel: several })
})
