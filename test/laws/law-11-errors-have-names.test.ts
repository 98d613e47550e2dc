import { BraidError } from '@braid/core'
import { Builder, flow, flowStream, Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { describe, expect, test } from 'vitest'
import { askers, ground, Outside, SIZES } from './material.ts'

const SECRET = 'sk-very-secret'

test('law 11: misuse throws at the call, an error of a closed code that names what came', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  const a = builder.task({ name: 'a', run: () => 1 })
  const foreign = new Builder().task({ name: 'foreign', run: () => 1 })
  const elsewhere = await new Session().createBranch({ name: 'elsewhere' })
  const cases: readonly (readonly [code: string, says: string, () => unknown])[] = [
    ['duplicate_name', 'a', () => builder.task({ name: 'a', run: () => 1 })],
    ['unknown_operation', 'b', () => builder.get('b')],
    ['foreign_operation', 'foreign', () => builder.task({ dependsOn: foreign, run: () => 1 })],
    ['foreign_operation', 'foreign', () => flowStream([a, foreign])],
    ['foreign_branch', 'elsewhere', () => builder.task({ branch: elsewhere, run: () => 1 })],
    ['cycle', 'a → a', () => builder.dependsOn(a, a)],
    ['unknown_kind', 'nap', () => builder.add('x', 'nap' as never, { instruction: 'x' })],
    ['invalid_plan', 'concurrency', () => flow(builder, { concurrency: -1 })],
    ['invalid_plan', 'operation', () => flow([{}] as never)],
    ['unknown_imodel', 'nobody', () => session.services.imodel('nobody')],
    ['unknown_operation', 'b', () => flowStream(builder).text('b')],
  ]
  for (const [code, says, call] of cases) {
    let error: unknown
    try {
      call()
    } catch (thrown) {
      error = thrown
    }
    expect(error, `${code} at the call`).toBeInstanceOf(BraidError)
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) })
  }
  expect(builder.operations).toEqual([a])
})

describe.each(SIZES)('law 11, with %i operations: errors have names', (count) => {
  test.each([
    [{ status: 401 }, 'authentication', false],
    [{ status: 429, retryAfter: 2 }, 'rate_limited', true],
    [{ status: 500 }, 'server_error', true],
  ] as const)('an answer of %o fails its operation with %s', async (reply, code, retryable) => {
    const { server, builder } = await ground()
    server.reply(reply, { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const error: unknown = await flow(plan).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'run_failed', retryable })
    const { errors = [] } = error as BraidError
    expect(errors.map(({ operationId }) => operationId).sort()).toEqual(plan.operations.map(({ id }) => id).sort())
    for (const each of errors) expect(each).toMatchObject({ code, retryable })
  })

  test.each(['truncate', 'malformed-frame', 'reset', 'error-frame'] as const)(
    'a stream that goes wrong by %s is an error, never a short answer',
    async (type) => {
      const { server, builder } = await ground()
      server.reply('one two three four five six', { fault: { type }, times: Number.POSITIVE_INFINITY })
      const plan = builder()
      askers(plan, count)
      const results = await flow(plan, { onError: 'continue' })
      const codes = new Set([...results].map(([, outcome]) => outcome.status === 'failed' && outcome.error.code))
      const expected = {
        truncate: 'stream_truncated',
        'malformed-frame': 'malformed_frame',
        reset: 'stream_truncated',
        'error-frame': 'server_error',
      }
      expect(codes).toEqual(new Set([expected[type]]))
    },
  )
})

test('law 11: no error, shown or recorded, carries a key or a prompt', async () => {
  const { server, session, builder, path } = await ground()
  session.services.register(new iModel('openai/m', { name: 'keyed', baseUrl: server.url, apiKey: SECRET }))
  server.reply({ status: 401, message: 'no' })
  server.reply('so far', { fault: { type: 'malformed-frame' } })
  server.reply('so far', { fault: { type: 'reset' } })
  const plan = builder()
  for (let index = 0; index < 3; index += 1) {
    plan.communicate({ instruction: 'a private question', imodel: 'keyed', branch: 'chat' })
  }
  const error: unknown = await flow(plan).catch((reason: unknown) => reason)
  const { errors = [] } = error as BraidError
  expect(errors).toHaveLength(3)
  const said = [error, ...errors].map((each) => `${(each as Error).message} ${(each as Error).stack}`).join()
  for (const secret of [SECRET, 'private']) expect(said).not.toContain(secret)
  expect(JSON.stringify(new Outside(path).operations())).not.toContain(SECRET)
})
