import { Builder, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { ground, read, SIZES } from './material.ts'

describe.each(SIZES)('law 3, with %i operations: exact dependencies', (count) => {
  test('an operation starts when its own edges are satisfied, though unrelated servers say nothing at all', async () => {
    const { server, builder } = await ground()
    server.reply('never', {
      fault: { type: 'stall', after: 'request' },
      times: count,
      when: ({ prompt }) => prompt === 'silent',
    })
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    for (let index = 0; index < count; index += 1) plan.generate({ instruction: 'silent' })
    for (let index = 0; index < count; index += 1) {
      const first = plan.generate({ instruction: 'first' })
      plan.generate({ name: `second-${index}`, instruction: 'second', contextFrom: first })
    }
    let ended = 0
    // With levels or batches, no second would ever start.
    for await (const [id, chunk] of flowStream(plan)) {
      if (id.startsWith('second-') && chunk.type === 'operation-end') ended += 1
      if (ended === count) break
    }
    expect(ended).toBe(count)
  })

  test('its first chunk never precedes what satisfied it, and it has what that gave', async () => {
    const { server, builder } = await ground()
    server.reply(({ prompt }) => `answer to ${prompt}`, { times: Number.POSITIVE_INFINITY, cut: { seed: 3 } })
    const plan = builder()
    for (let index = 0; index < count; index += 1) {
      const parents = [0, 1, 2].map((n) => plan.generate({ name: `${index}.${n}`, instruction: `${index}.${n}` }))
      plan.generate({
        name: `join ${index}`,
        dependsOn: parents,
        instruction: (results) => results.all(parents).join('; '),
      })
    }
    const { tuples, error } = await read(flowStream(plan))
    expect(error).toBeUndefined()
    const ended = new Set<string>()
    for (const [id, chunk] of tuples) {
      if (chunk.type === 'operation-end') ended.add(id)
      if (chunk.type !== 'operation-start' || !id.startsWith('join ')) continue
      const index = id.slice('join '.length)
      for (const n of [0, 1, 2]) expect(ended.has(`${index}.${n}`)).toBe(true)
    }
    const joined = server.requests.filter(({ prompt }) => prompt.includes('; '))
    expect(new Set(joined.map(({ prompt }) => prompt))).toEqual(
      new Set(Array.from({ length: count }, (_, at) => [0, 1, 2].map((n) => `answer to ${at}.${n}`).join('; '))),
    )
  })

  test.each([[Number.POSITIVE_INFINITY], [3]])(
    'with %d slots, as many as can start do so at once',
    async (concurrency) => {
      const { server, builder } = await ground()
      let open!: () => void
      const until = new Promise<void>((resolve) => {
        open = resolve
      })
      server.reply('an answer', { fault: { type: 'stall', after: 'request', until }, times: Number.POSITIVE_INFINITY })
      const plan = builder()
      for (let index = 0; index < count; index += 1) plan.generate({ instruction: 'x' })
      const reading = read(flowStream(plan, { concurrency }))
      await server.until(({ requests }) => requests.length === Math.min(count, concurrency))
      open()
      await reading
      expect(server.requests).toHaveLength(count)
      expect(server.peakActive).toBe(Math.min(count, concurrency))
    },
  )
})

test('law 3: a chain across 200 operations goes on in the very turn in which each ends', async () => {
  const builder = new Builder()
  let turn = 0
  let going = true
  const watch = (): void => {
    turn += 1
    if (going) setImmediate(watch)
  }
  const ends: number[] = []
  const starts: number[] = []
  let last: ReturnType<typeof builder.task> | undefined
  for (let index = 0; index < 200; index += 1) {
    last = builder.task({
      ...(last ? { dependsOn: last } : {}),
      run: async () => {
        starts.push(turn)
        await new Promise(setImmediate)
        ends.push(turn)
      },
    })
  }
  watch()
  await read(flowStream(builder))
  going = false
  expect(starts.slice(1)).toEqual(ends.slice(0, -1))
})
