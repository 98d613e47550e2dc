import type { Change, Store } from '@braid/core'
import { Builder, flow, flowStream, Session } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import { expect, test } from 'vitest'
import { unpack } from '../../packages/flow/src/journal/page.ts'
import { openSession, Outside, read } from '../laws/material.ts'

/** A store whose writes of a run's log wait until they are let through. */
function slow(store: Store): { readonly store: Store; let(): void; readonly waiting: () => number } {
  const waiting: (() => void)[] = []
  let open = false
  const write = async (changes: readonly Change[]): Promise<void> => {
    if (!open && changes.some(({ type }) => type === 'log')) await new Promise<void>((resolve) => waiting.push(resolve))
    return store.write(changes)
  }
  const given: Store = new Proxy(store, {
    get(target, name) {
      if (name === 'write') return write
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const letThrough = (): void => {
    open = true
    for (const each of waiting.splice(0)) each()
  }
  return { store: given, let: letThrough, waiting: () => waiting.length }
}

test('law 5: a detached run is held by its log: what the store has not taken is bounded, and the run goes on when it has', async () => {
  const file = await openStore(':memory:')
  const { store, let: letThrough, waiting } = slow(file)
  const session = new Session({}, { store, record: await file.session() })
  const builder = new Builder({ session })
  let said = 0
  builder.task({
    name: 'a',
    async *run() {
      for (; said < 20_000; said += 1) yield 'x'.repeat(100)
    },
  })
  const run = await flowStream(builder).detach()
  let before = -1
  while (said !== before || waiting() === 0) {
    before = said
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(said).toBeLessThan(10_000)
  letThrough()
  await run.results()
  expect(said).toBe(20_000)
  let heard = 0
  for await (const text of run.stream().text('a')) heard += text.length
  expect(heard).toBe(2_000_000)
  await session.close()
})

test('one that waited for its reader, and then for the store as well, goes on when both have room', async () => {
  const file = await openStore(':memory:')
  const { store, let: letThrough, waiting } = slow(file)
  await using session = new Session({}, { store, record: await file.session() })
  const builder = new Builder({ session })
  builder.task({
    name: 'a',
    async *run() {
      for (let said = 0; said < 20_000; said += 1) yield 'x'.repeat(100)
    },
  })
  let heard = 0
  const reading = (async () => {
    for await (const text of flowStream(builder, { buffer: { chunks: 8 } }).text()) heard += text.length
  })()
  for (let before = -1; heard !== before || waiting() === 0; ) {
    before = heard
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(heard).toBeLessThan(2_000_000)
  letThrough()
  await reading
  expect(heard).toBe(2_000_000)
})

test('an operation has a row when it begins, and what had come of it after 100 ms is there from outside', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  let open!: () => void
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  builder.task({
    name: 'a',
    async *run() {
      yield 'so far'
      await gate
    },
  })
  const run = await flowStream(builder).detach()
  const outside = new Outside(path)
  while (outside.operations().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(outside.operations()).toMatchObject([{ id: 'a', status: 'running', attempts: 1 }])
  const pages = await session.store.runs?.log(run.id, 0)
  expect(Buffer.from(pages?.[0]?.data ?? []).toString()).toContain('so far')
  open()
  await run.results()
})

test('a process that has lost its run writes nothing more of it, and its readers are told', async () => {
  const { session } = await openSession()
  const builder = new Builder({ session })
  builder.task({
    name: 'a',
    async *run({ signal }) {
      for (; !signal.aborted; ) {
        yield 'on and on '
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  })
  const run = await flowStream(builder).detach()
  const reading = read(run.stream())
  const { runs } = session.store
  let record = await runs?.run(run.id)
  for (; record?.lease === undefined; record = await runs?.run(run.id))
    await new Promise((resolve) => setTimeout(resolve, 5))
  const lease = { ...record.lease, token: 'somebody else', expiresAt: new Date(Date.now() + 60_000) }
  await session.store.write([{ type: 'lease', runId: run.id, lease, instead: record.lease.token }])
  await expect(run.results()).rejects.toMatchObject({ code: 'attempt_superseded' })
  expect((await reading).error).toMatchObject({ code: 'attempt_superseded' })
  expect(await runs?.run(run.id)).toMatchObject({ status: 'running', lease: { token: 'somebody else' } })
  expect((await runs?.operations(run.id))?.[0]?.outcome).toBeUndefined()
})

test('when it is over its log is packed, and nobody has it any more', async () => {
  const { session } = await openSession()
  const builder = new Builder({ session })
  for (let index = 0; index < 50; index += 1) {
    builder.task({
      async *run() {
        for (let word = 0; word < 40; word += 1) yield `word ${word} of ${index}, and then some `
      },
    })
  }
  await flow(builder)
  const [run] = await session.runs.list()
  const live = await read((run as NonNullable<typeof run>).stream())
  await session.runs.packed((run as NonNullable<typeof run>).id)
  const { runs } = session.store
  let record = await runs?.run(run?.id ?? '')
  for (; record?.lease !== undefined; record = await runs?.run(run?.id ?? '')) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const pages = (await runs?.log(run?.id ?? '', 0)) ?? []
  const said = live.tuples.reduce((sum, [, chunk]) => sum + ('data' in chunk ? chunk.data.length : 0), 0)
  expect(pages.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThan(said / 2)
  expect(await read((run as NonNullable<typeof run>).stream())).toEqual(live)
})

test('what a redaction takes back is gone from the log at once, for readers of the store and in the file; its chunks keep their numbers', async () => {
  const { session, path } = await openSession()
  const secret = 'a secret of 1879'
  const builder = new Builder({ session })
  let goOn!: () => void
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const base = { candidate: 0, metadata: {} }
  builder.task({
    name: 'a',
    async *run() {
      yield { ...base, type: 'text-start', id: 'b' }
      yield { ...base, type: 'text-delta', id: 'b', data: secret }
      await new Promise((resolve) => setTimeout(resolve, 200))
      yield { ...base, type: 'redaction', id: 'b' }
      yield { ...base, type: 'text-start', id: 'c' }
      yield { ...base, type: 'text-delta', id: 'c', data: 'harmless' }
      await gate
    },
  })
  const run = await flowStream(builder).detach()
  const from = await openStore(path, { readOnly: true })
  const logged = async (): Promise<string> => {
    const pages = (await from.runs?.log(run.id, 0)) ?? []
    return (await Promise.all(pages.map(unpack)))
      .flat()
      .map(({ chunk }) => `${chunk.type} ${'data' in chunk ? chunk.data : ''}`)
      .join('\n')
  }
  while (!(await logged()).includes('redaction')) await new Promise((resolve) => setTimeout(resolve, 10))
  while ((await logged()).includes(secret)) await new Promise((resolve) => setTimeout(resolve, 10))
  goOn()
  await run.results()
  await from.close()
  const heard: string[] = []
  for await (const [, chunk] of (await session.runs.get(run.id)).stream())
    heard.push(`${chunk.type} ${'data' in chunk ? chunk.data : ''}`)
  expect(heard).toEqual([
    'operation-start ',
    'text-start ',
    'text-delta ',
    'redaction ',
    'text-start ',
    'text-delta harmless',
    'operation-end ',
  ])
  await session.close()
})
