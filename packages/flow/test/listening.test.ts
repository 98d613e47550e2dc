import type { Chunk, Operation } from '@braid/core'
import { expect, test } from 'vitest'
import { Builder, type FlowChunk, flow, flowStream } from '../src/index.ts'
import { collect, gate, read, thrown, turns } from './material.ts'

/** Counts what it hears of one other. */
function counting(
  builder: Builder,
  of: Operation,
  shape: { name?: string; dependsOn?: Operation } = {},
): Operation<number> {
  return builder.task({
    ...shape,
    streamFrom: of,
    async *run({ stream }) {
      let count = 0
      for await (const chunk of stream(of)) {
        if (chunk.type === 'text-delta') {
          count += 1
          yield `heard ${chunk.data}`
        }
      }
      return count
    },
  })
}

function speaking(
  builder: Builder,
  name: string,
  words: number,
  onWord: (word: number) => unknown = () => {},
): Operation<number> {
  return builder.task({
    name,
    async *run() {
      for (let word = 0; word < words; word += 1) {
        await onWord(word)
        yield `${word}`
      }
      return words
    },
  })
}

const shown = ([id, chunk]: FlowChunk): string => `${id} ${chunk.type === 'text-delta' ? chunk.data : chunk.type}`

test('it starts at the first chunk of what it listens to, and hears all of it', async () => {
  const builder = new Builder()
  const ending = gate()
  const source = speaking(builder, 'source', 3, (word) => (word === 2 ? ending.opened : undefined))
  const counted = counting(builder, source, { name: 'counted' })
  const seen: string[] = []
  for await (const tuple of flowStream(builder)) {
    seen.push(shown(tuple))
    // The source has not ended: its listener speaks all the same.
    if (shown(tuple) === 'counted heard 1') ending.open()
  }
  expect(seen.indexOf('source 0')).toBeLessThan(seen.indexOf('counted operation-start'))
  expect(seen).toContain('counted heard 2')
  expect((await flow(builder)).get(counted)).toBe(3)
})

test('it hears chunks from the operation-start to the operation-end', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', 1)
  const types = builder.task({
    streamFrom: source,
    run: async ({ stream }) => (await collect(stream(source))).map(({ type }: Chunk) => type),
  })
  expect((await flow(builder)).get(types)).toEqual([
    'operation-start',
    'text-start',
    'text-delta',
    'text-end',
    'operation-end',
  ])
})

test('at concurrency 1 it shares the slot of what it listens to, and nobody else gets in between', async () => {
  const builder = new Builder()
  let active = 0
  let most = 0
  const source = speaking(builder, 'source', 500)
  const counted = counting(builder, source)
  for (let index = 0; index < 3; index += 1) {
    builder.task({
      run: async () => {
        active += 1
        most = Math.max(most, active)
        await turns(3)
        active -= 1
      },
    })
  }
  const results = await flow(builder, { concurrency: 1 })
  expect(results.get(counted)).toBe(500)
  expect(most).toBe(1)
})

test('whoever stays longer keeps the slot that they shared', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', 1)
  const release = gate()
  let inside = false
  builder.task({
    name: 'long',
    streamFrom: source,
    async run({ stream }) {
      await collect(stream(source))
      inside = true
      await release.opened
      inside = false
    },
  })
  builder.task({ name: 'other', run: () => inside })
  const stream = flowStream(builder, { concurrency: 1 })
  const results = stream.results
  await turns(20)
  expect(stream.progress).toMatchObject({ completed: 1, running: 1, queued: 1 })
  release.open()
  expect((await results).outcome('other')).toMatchObject({ result: false })
})

test('a slow listener slows what it listens to: no more is said than the bound of a lane', async () => {
  const builder = new Builder()
  let said = 0
  const source = speaking(builder, 'source', 10_000, () => {
    said += 1
  })
  const taking = gate()
  builder.task({
    streamFrom: source,
    async run({ stream }) {
      for await (const chunk of stream(source)) if (chunk.type === 'text-delta') await taking.opened
    },
  })
  const results = flow(builder, { buffer: { chunks: 8 } })
  await turns(50)
  expect(said).toBeLessThanOrEqual(12)
  taking.open()
  await results
  expect(said).toBe(10_000)
})

test('what it listens to waits for it while it waits for another, also where there is one slot for all three', async () => {
  const builder = new Builder()
  let said = 0
  const source = speaking(builder, 'source', 300, () => {
    said += 1
  })
  let before = 0
  const other = builder.task({
    name: 'other',
    run: async () => {
      await turns(20)
      before = said
    },
  })
  const counted = counting(builder, source, { dependsOn: other })
  expect((await flow(builder, { concurrency: 1, buffer: { chunks: 8 } })).get(counted)).toBe(300)
  expect(before).toBeLessThanOrEqual(12)
})

test('a listener that leaves holds nobody', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', 1_000)
  const first = builder.task({
    streamFrom: source,
    async run({ stream }) {
      for await (const chunk of stream(source)) if (chunk.type === 'text-delta') return chunk.data
      return undefined
    },
  })
  const never = builder.task({ streamFrom: source, run: () => 'did not listen' })
  const results = await flow(builder)
  expect(results.all([source, first, never])).toEqual([1_000, '0', 'did not listen'])
})

test('what fails before it said anything skips its listeners; what fails later is an error behind its last chunk', async () => {
  const builder = new Builder()
  const mute = builder.task({ name: 'mute', run: () => Promise.reject(new Error('no')) })
  counting(builder, mute, { name: 'deaf' })
  const cut = builder.task({
    name: 'cut',
    async *run() {
      yield 'so far'
      throw new Error('and no further')
    },
  })
  const caught = builder.task({
    name: 'caught',
    streamFrom: cut,
    async run({ stream }) {
      const heard: string[] = []
      const error = await thrown('not_completed', async () => {
        for await (const chunk of stream(cut)) if (chunk.type === 'text-delta') heard.push(chunk.data)
      })
      return [...heard, (error.cause as Error).message]
    },
  })
  counting(builder, cut, { name: 'uncaught' })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome('deaf')).toEqual({ status: 'skipped', because: 'mute' })
  expect(results.get(caught)).toEqual(['so far', 'and no further'])
  expect(results.outcome('uncaught')).toMatchObject({ status: 'failed', error: { code: 'not_completed' } })
})

test('what it listens to has completed in silence: it starts all the same', async () => {
  const builder = new Builder()
  const silent = builder.task({ name: 'silent', run: () => 1 })
  const counted = counting(builder, silent)
  expect((await flow(builder)).get(counted)).toBe(0)
})

test('leaving the run ends both', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', 1_000_000)
  counting(builder, source, { name: 'counted' })
  const stream = flowStream(builder)
  for await (const tuple of stream) if (shown(tuple) === 'counted heard 100') break
  expect(stream.progress).toMatchObject({ cancelled: 2, running: 0 })
})

test('what cannot be listened to has a name', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', 1)
  const needs = builder.task({ name: 'needs', dependsOn: source, run: () => 1 })
  await thrown('invalid_plan', () => builder.task({ streamFrom: source, dependsOn: source, run: () => 1 }))
  builder.task({ name: 'stuck', streamFrom: source, dependsOn: needs, run: () => 1 })
  const error = await thrown('invalid_plan', () => flow(builder))
  expect(error.message).toContain('source → needs → stuck')

  const other = new Builder()
  const a = speaking(other, 'a', 1)
  const b = speaking(other, 'b', 1)
  other.task({
    name: 'twice',
    streamFrom: a,
    run: async ({ stream }) => {
      await collect(stream(a))
      await collect(stream(a))
    },
  })
  other.task({ name: 'stranger', streamFrom: a, run: ({ stream }) => collect(stream(b)) })
  const { error: failed } = await read(flowStream(other))
  expect((failed as { errors: { code: string }[] }).errors.map(({ code }) => code).sort()).toEqual([
    'already_read',
    'not_a_dependency',
  ])
})

test('a name in streamFrom will do for kinds of one’s own', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', 2)
  const kind = builder.session.registerOperation(
    'count',
    async ({ stream }, _: object) => (await collect(stream(source))).length,
  )
  const counted = builder.add('counted', kind, {}, { streamFrom: 'source' })
  expect((await flow(builder)).get(counted)).toBe(6)
  expect(counted.dependsOn).toEqual(['source'])
})
