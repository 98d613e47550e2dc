import { join } from 'node:path'
import { Message, newId, type Store } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { describe, expect, test } from 'vitest'
import { create, MAIN, rejects, say, temporaryFolder } from './history.ts'

describe('the index of words', () => {
  test('is not there unless it is asked for: search_off says how to switch it on', async () => {
    const store = await openStore(join(temporaryFolder(), 'work.db'))
    await rejects(store.search('word'), 'search_off', '`search: true`')
    await store.close()
  })

  test('switched on later, has what was there before, and the event loop has its turns meanwhile', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const before = await openStore(path)
    await before.write([create(), ...Array.from({ length: 500 }, (_, index) => say(`word${index} old`))])
    await before.close()
    const store = await openStore(path, { search: true })
    await store.write([say('word500 new')])
    let turns = 0
    let ticking = true
    const tick = () => {
      turns++
      if (ticking) setImmediate(tick)
    }
    setImmediate(tick)
    expect(await texts(store, 'word499')).toEqual(['word499 old'])
    ticking = false
    expect(turns).toBeGreaterThanOrEqual(10)
    expect(await texts(store, 'word500')).toEqual(['word500 new'])
    expect(await store.search('old', { limit: 1000 })).toHaveLength(500)
    await store.close()
  })

  test('left half made by a process that ended, is completed by the next one, whether that asks for it or not', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const before = await openStore(path)
    await before.write([create(), ...Array.from({ length: 500 }, (_, index) => say(`word ${index}`))])
    await before.close()
    await (await openStore(path, { search: true })).close()
    const store = await openStore(path)
    expect(await store.search('word', { limit: 1000 })).toHaveLength(500)
    await store.close()
  })

  test('is kept by whoever writes to the file, also by one that was open before it was made', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const early = await openStore(path)
    await early.write([create()])
    const store = await openStore(path, { search: true })
    await early.write([say('from the early one')])
    expect(await texts(store, 'early')).toEqual(['from the early one'])
    expect(await texts(early, 'early')).toEqual(['from the early one'])
    const reader = await openStore(path, { readOnly: true })
    expect(await texts(reader, 'early')).toEqual(['from the early one'])
    await Promise.all([early, store, reader].map((one) => one.close()))
  })

  test('loses what is pruned, and has what is written afterwards', async () => {
    const store = await openStore(join(temporaryFolder(), 'work.db'), { search: true })
    await store.write([create(), say('first'), { type: 'branch-deleted', branchId: MAIN.id }])
    await store.care?.prune({})
    const next = { ...MAIN, id: newId() }
    await store.write([create(next), { type: 'append', branchId: next.id, messages: [Message.instruction('second')] }])
    expect(await texts(store, 'first')).toEqual([])
    expect(await texts(store, 'second')).toEqual(['second'])
    expect(await store.care?.check()).toEqual([])
    await store.close()
  })

  test('a message that is nested deeper than SQLite reads JSON is kept all the same', async () => {
    const store = await openStore(':memory:', { search: true })
    let context: unknown = 'x'
    for (let depth = 0; depth < 490; depth++) context = { $plain: context }
    const message = Message.instruction('deep', { context })
    await store.write([create(), { type: 'append', branchId: MAIN.id, messages: [message] }])
    expect(await store.messages(MAIN.id)).toEqual([message])
    await store.close()
  })
})

async function texts(store: Store, words: string): Promise<string[]> {
  return (await store.search(words)).map(({ message }) => message.text)
}
