import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { newId } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { type BraidError, Builder, flow, flowStream, Session } from 'braid'
import { expect, onTestFinished, test } from 'vitest'
import { holdLock } from '../../packages/sqlite/test/other-process.ts'

test('four processes write 10,000 messages to one file: none is lost or doubled, and each branch has them in order', async () => {
  const path = await newFile(['shared'])
  const writers = ['a', 'b', 'c', 'd'].map((name) => startWriter(path, name, 1250))
  await Promise.all(writers.map(({ exited }) => exited))
  const store = await openStore(path)
  const shared = await indicesOn(path, 'shared')
  for (const name of ['a', 'b', 'c', 'd']) {
    const whole = Array.from({ length: 1250 }, (_, index) => index)
    expect((await indicesOn(path, `own-${name}`)).get(name)).toEqual(whole)
    expect(shared.get(name)).toEqual(whole)
  }
  expect(await store.care?.stats()).toMatchObject({ messages: 10_000, branches: 5 })
  expect(await store.care?.check()).toEqual([])
  await store.close()
})

test('a process that is killed leaves its write-ahead log behind, and all that it had written is there for whoever opens the file', async () => {
  const path = await newFile([])
  const writer = startWriter(path, 'a', 300, 'stay')
  await once(writer.child, 'message')
  writer.child.kill('SIGKILL')
  await writer.exited
  expect(existsSync(`${path}-wal`)).toBe(true)
  expect((await indicesOn(path, 'own-a')).get('a')).toHaveLength(300)
  const store = await openStore(path)
  expect(await store.care?.check()).toEqual([])
  await store.close()
  expect(readdirSync(join(path, '..'))).toEqual(['work.db'])
  expect((await indicesOn(path, 'own-a')).get('a')).toHaveLength(300)
})

test('a file that is deleted under a run: the run fails and says so, and all that it had done is saved beside it', async () => {
  const path = await newFile([])
  const session = await Session.open(path)
  const builder = new Builder({ session })
  const first = builder.task({ name: 'first', branch: 'notes', run: () => 'done before' })
  const second = builder.task({
    name: 'second',
    dependsOn: first,
    branch: 'notes',
    run: async ({ branch }) => {
      await branch?.append({ role: 'user', content: 'said while there was no file' })
      for (const name of readdirSync(join(path, '..'))) rmSync(join(path, '..', name))
      return 'done after'
    },
  })
  builder.task({ name: 'third', dependsOn: second, run: () => 'never' })
  const error = await flow(builder).then(
    () => undefined,
    (thrown: BraidError) => thrown,
  )
  const gone = [error, ...(error?.errors ?? [])].find((each) => each?.code === 'database_gone')
  expect(gone?.message).toContain(path)
  await session.close()
  const [saved = '', ...others] = readdirSync(join(path, '..')).map((name) => join(path, '..', name))
  expect(others).toEqual([])
  expect(gone?.message).toContain(saved)
  const rescued = await Session.open(saved)
  const notes = await rescued.branch('notes')
  expect((await notes.messages()).map(({ text }) => text)).toEqual(['said while there was no file'])
  const store = await openStore(saved)
  const [run] = (await store.runs?.runs()) ?? []
  const operations = (await store.runs?.operations(run?.id ?? '')) ?? []
  expect(operations[0]).toMatchObject({ id: 'first', outcome: { status: 'completed', result: 'done before' } })
  expect(await store.care?.check()).toEqual([])
  await store.close()
  await rescued.close()
})

test('a file that another process keeps locked for two seconds holds a run up, and nothing else', async () => {
  const path = await newFile([])
  const session = await Session.open(path)
  const builder = new Builder({ session })
  for (let index = 0; index < 5; index++) builder.task({ name: `task-${index}`, run: () => index })
  const holder = await holdLock(path)
  let ended = false
  const running = (async () => {
    for await (const _ of flowStream(builder)) {
      // Only read.
    }
    ended = true
  })()
  let turns = 0
  for (const end = performance.now() + 2000; performance.now() < end; turns++) await nextTurn()
  expect(ended).toBe(false)
  // A driver that waits for the lock by itself gives the loop hardly any: here each try takes 3 ms, and there are 25 between two of them.
  expect(turns).toBeGreaterThan(1000)
  await holder.release()
  await running
  await session.close()
})

async function newFile(branches: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'work.db')
  const store = await openStore(path)
  await store.write(branches.map((name) => ({ type: 'branch', branch: { id: newId(), name, createdAt: new Date() } })))
  await store.close()
  return path
}

function startWriter(
  path: string,
  name: string,
  count: number,
  stay = '',
): { child: ChildProcess; exited: Promise<void> } {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const child = fork(join(import.meta.dirname, 'writer.ts'), [path, name, String(count), stay], {
    execArgv: ['--import', tsx, '--conditions=source'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const exited = once(child, 'exit').then(([code, signal]) => {
    if (code !== 0 && signal !== 'SIGKILL') throw new Error(`The writer ${name} ended with ${code ?? signal}.`)
  })
  return { child, exited }
}

/** The numbers of the messages on a branch, in their order, by who wrote them. */
async function indicesOn(path: string, branch: string): Promise<Map<string, number[]>> {
  const store = await openStore(path, { readOnly: true })
  const record = await store.branch(branch)
  const found = new Map<string, number[]>()
  for (const { text } of await store.messages(record?.id ?? '')) {
    const [name = '', index] = text.split(' ')
    found.set(name, [...(found.get(name) ?? []), Number(index)])
  }
  await store.close()
  return found
}
