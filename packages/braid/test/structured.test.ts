import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  BraidError,
  Builder,
  type Chunk,
  flow,
  flowStream,
  iModel,
  jsonSchema,
  type ProviderName,
  Session,
} from '../src/index.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const Review = z.object({ risk: z.enum(['low', 'medium', 'high']), findings: z.array(z.string()) })
const REVIEW = { risk: 'high', findings: ['no tests', 'a secret in the log'] }
const BAD = JSON.stringify({ ...REVIEW, risk: 'sky-high' })

const PROVIDERS: readonly (readonly [ProviderName, string, string])[] = [
  ['openai', 'gpt-4o-mini', '/v1'],
  ['anthropic', 'claude-sonnet-4-5', '/v1'],
  ['gemini', 'gemini-2.5-flash', '/v1beta'],
]

async function read(stream: AsyncIterable<readonly [string, Chunk]>): Promise<{ chunks: Chunk[]; error: unknown }> {
  const chunks: Chunk[] = []
  try {
    for await (const [, chunk] of stream) chunks.push(chunk)
  } catch (error) {
    return { chunks, error }
  }
  return { chunks, error: undefined }
}

function text(chunks: readonly Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.data : '')).join('')
}

describe.each(PROVIDERS)('a structured answer of %s', (provider, model, path) => {
  function builder(): Builder {
    const imodel = new iModel({ provider, model, baseUrl: `${server.url}${path}`, apiKey: 'any' })
    return new Builder({ session: new Session({ imodel }) })
  }

  test('is told to the provider, grows as it comes, and is the value in the end', async () => {
    server.reply(JSON.stringify(REVIEW), { cut: { seed: 7 } })
    const plan = builder()
    const review = plan.generate({ instruction: 'Review the change', output: Review })
    const stream = flowStream(plan)
    const { chunks } = await read(stream)
    expect(await stream.result(review)).toEqual(REVIEW)
    expect(JSON.stringify(server.requests[0]?.body)).toContain('findings')
    const grown = chunks.flatMap((chunk) => (chunk.type === 'object' ? [chunk.object] : []))
    expect(grown.length).toBeGreaterThan(2)
    expect(grown[0]).toEqual({ risk: 'high' })
    expect(grown.at(-1)).toEqual(REVIEW)
    expect(text(chunks)).toBe(JSON.stringify(REVIEW))
  })

  test('that comes damaged is read all the same', async () => {
    server.reply(
      "Here you are:\n```json\n{'Risk': 'high', 'findings': ['no tests', 'a secret in the log',],}\n```\nCheers!",
    )
    const plan = builder()
    const review = plan.communicate({ instruction: 'Review the change', output: Review })
    expect((await flow(plan)).get(review)).toEqual(REVIEW)
  })

  test('that does not fit is asked for again, with itself and what is wrong with it', async () => {
    server.reply(BAD).reply(JSON.stringify(REVIEW))
    const plan = builder()
    const review = plan.communicate({ instruction: 'Review the change', output: Review, branch: 'reviews', repair: 1 })
    const { chunks, error } = await read(flowStream(plan))
    expect(error).toBeUndefined()
    expect(text(chunks)).toBe(BAD + JSON.stringify(REVIEW))
    const again = server.requests[1]
    expect(again?.messages.slice(-3).map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(again?.messages.at(-2)?.text).toBe(BAD)
    expect(again?.prompt).toContain('- risk: ')
    const ends = chunks.flatMap((chunk) => (chunk.type === 'finish' ? [chunk.usage.outputTokens ?? 0] : []))
    expect(ends).toHaveLength(2)
    expect(chunks.at(-1)).toMatchObject({
      status: 'completed',
      result: REVIEW,
      usage: { outputTokens: ends.reduce((sum, each) => sum + each, 0) },
    })
    const branch = await plan.session.branch('reviews')
    expect((await branch.messages()).map((message) => message.text)).toEqual([
      'Review the change',
      JSON.stringify(REVIEW),
    ])
    expect(review.id).toBe('communicate-1')
  })

  test('is not shown until it fits, where that is asked', async () => {
    server.reply(BAD, { cut: 1 }).reply(JSON.stringify(REVIEW), { cut: 1 })
    const plan = builder()
    plan.generate({ instruction: 'Review the change', output: Review, repair: 1, show: 'valid' })
    const { chunks, error } = await read(flowStream(plan))
    expect(error).toBeUndefined()
    expect(JSON.stringify(chunks)).not.toContain('sky-high')
    expect(text(chunks)).toBe(JSON.stringify(REVIEW))
    const types = chunks.map(({ type }) => type)
    expect(types.filter((type) => type === 'message-start')).toHaveLength(2)
    expect(types.indexOf('text-start')).toBeGreaterThan(types.indexOf('finish'))
  })

  test('fails by path when it never fits, and its text is what is left of it', async () => {
    server.reply(BAD, { times: 2 })
    const plan = builder()
    const review = plan.communicate({ instruction: 'Review the change', output: Review, repair: 1, show: 'valid' })
    const results = await flow(plan, { onError: 'continue' })
    const outcome = results.outcome(review)
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'invalid_output' }, partial: { text: BAD } })
    const { error } = outcome as { error: BraidError }
    expect(error).toBeInstanceOf(BraidError)
    expect(error.issues?.map((issue) => issue.path)).toEqual(['risk'])
    expect(error.message).not.toContain('sky-high')
    expect(server.requests).toHaveLength(2)
  })

  test('that was cut off is no answer, whatever could be made of it', async () => {
    const Note = jsonSchema<{ note: string }>({
      type: 'object',
      properties: { note: { type: 'string' } },
      required: ['note'],
    })
    server.reply({ text: '{"note":"the patient must not', finishReason: 'length' })
    const plan = builder()
    plan.generate({ instruction: 'Note', output: Note })
    const { error } = await read(flowStream(plan))
    const [failure] = (error as BraidError).errors ?? []
    expect(failure).toMatchObject({ code: 'invalid_output', message: expect.stringContaining('maxTokens') })
  })
})
