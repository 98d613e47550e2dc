import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Change, Message, newId } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { expect, test } from 'vitest'
import { create, MAIN, temporaryFolder } from './history.ts'

test.each([200, 2000])(
  '%i turns of 2 KB and 2 KB add at most 1.3 bytes to the file for each byte said',
  async (turns) => {
    const path = join(temporaryFolder(), 'work.db')
    await (await openStore(path)).close()
    const empty = statSync(path).size
    const store = await openStore(path)
    await store.write([create()])
    let said = 0
    const text = (): string => {
      const words = Array.from({ length: 200 }, () => newId().slice(-9)).join(' ')
      said += words.length
      return words
    }
    for (let turn = 0; turn < turns; turn += 20) {
      const messages = Array.from({ length: 20 }, () => [Message.instruction(text()), Message.assistant(text())]).flat()
      await store.write([{ type: 'append', branchId: MAIN.id, messages }])
    }
    await store.close()
    const size = statSync(path).size
    expect(said).toBeGreaterThan(turns * 3900)
    expect((size - empty) / said).toBeLessThanOrEqual(1.3)
  },
)

test('a hundred forks of a long branch add a row each, and less than a kilobyte', async () => {
  const path = join(temporaryFolder(), 'work.db')
  const store = await openStore(path)
  const messages = Array.from({ length: 1000 }, (_, index) => Message.instruction(`${index} ${'x'.repeat(500)}`))
  await store.write([create(), { type: 'append', branchId: MAIN.id, messages }])
  await store.close()
  const before = statSync(path).size
  const again = await openStore(path)
  const forks = Array.from({ length: 100 }, (_, index): Change => {
    const parent = { id: MAIN.id, at: 1000 }
    return { type: 'branch', branch: { id: newId(), name: `fork-${index}`, createdAt: new Date(), parent } }
  })
  await again.write(forks)
  expect(await again.length(forks[99]?.type === 'branch' ? forks[99].branch.id : '')).toBe(1000)
  await again.close()
  expect((statSync(path).size - before) / 100).toBeLessThan(1000)
})
