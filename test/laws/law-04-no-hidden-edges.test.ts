import { flow } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { ground, Outside, SIZES } from './material.ts'

describe.each(SIZES)('law 4, with %i operations: no hidden edges but one', (count) => {
  test('what nobody declared is independent: turns without a branch in common are all under way at once', async () => {
    const { server, builder } = await ground()
    let open!: () => void
    const until = new Promise<void>((resolve) => {
      open = resolve
    })
    server.reply('an answer', { fault: { type: 'stall', after: 'request', until }, times: count })
    const plan = builder()
    for (let index = 0; index < count; index += 1) plan.communicate({ instruction: 'x' })
    const results = flow(plan)
    await server.until(({ active }) => active === count)
    open()
    await results
    expect(server.peakActive).toBe(count)
  })

  test('those that write one branch run one after the other, in the order added, in a run and across runs', async () => {
    const { server, builder, path } = await ground()
    server.reply(({ messages }) => `after ${messages.length - 1}`, { times: Number.POSITIVE_INFINITY })
    const runs = [builder(), builder(), builder()]
    runs.forEach((plan, run) => {
      for (let index = 0; index < count; index += 1) {
        plan.communicate({ instruction: `${run}.${index}`, branch: 'shared' })
      }
    })
    await Promise.all(runs.map((plan) => flow(plan)))
    expect(server.peakActive).toBe(1)
    const conversation = new Outside(path).conversation('shared')
    expect(conversation).toHaveLength(count * 6)
    const asked = conversation.filter((line) => line.startsWith('user')).map((line) => line.split(' ').at(-1) ?? '')
    for (const run of [0, 1, 2]) {
      const own = asked.filter((question) => question.startsWith(`${run}.`))
      expect(own).toEqual(Array.from({ length: count }, (_, index) => `${run}.${index}`))
    }
    const answers = conversation.filter((line) => line.startsWith('assistant'))
    expect(answers).toEqual(answers.map((_, at) => `assistant complete after ${at * 2}`))
  })

  test('a head that somebody moved meanwhile is a named error, and nothing of the turn is written', async () => {
    const { server, session, builder, path } = await ground()
    const branches = await Promise.all(
      Array.from({ length: count }, (_, index) => session.createBranch({ name: `branch-${index}` })),
    )
    server.reply(
      async ({ prompt }) => {
        await branches[Number(prompt)]?.append({ role: 'user', content: 'meanwhile' })
        return 'an answer'
      },
      { times: count },
    )
    const plan = builder()
    const turns = branches.map((branch, index) => plan.communicate({ instruction: `${index}`, branch }))
    const results = await flow(plan, { onError: 'continue' })
    for (const [index, turn] of turns.entries()) {
      expect(results.outcome(turn)).toMatchObject({
        status: 'failed',
        error: { code: 'branch_moved', operationId: turn.id },
        partial: { text: 'an answer' },
      })
      expect(new Outside(path).conversation(`branch-${index}`)).toEqual(['user complete meanwhile'])
    }
  })
})
