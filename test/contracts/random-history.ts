import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf, ids } from './material.ts'
import { naiveStore } from './naive-store.ts'
import type { OpenedStore } from './store.ts'

const step = fc.oneof(
  fc.record({ type: fc.constant('branch' as const), system: fc.boolean() }),
  fc.record({ type: fc.constant('fork' as const), parent: fc.nat(), at: fc.nat({ max: 12 }), system: fc.boolean() }),
  fc.record({
    type: fc.constant('append' as const),
    branch: fc.nat(),
    fresh: fc.nat({ max: 4 }),
    old: fc.option(fc.nat()),
  }),
  fc.record({ type: fc.constant('moved' as const), branch: fc.nat(), length: fc.nat({ max: 8 }) }),
)
const question = fc.record({
  branch: fc.nat(),
  last: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  before: fc.option(fc.nat(), { nil: undefined }),
  after: fc.option(fc.nat(), { nil: undefined }),
})
/** What is done to a store, in numbers that mean something once it is known what is there. */
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Random branches, forks, appends and failing writes, and random questions about them. */
export function randomHistoryContract(open: () => Promise<OpenedStore>): void {
  test('whatever is written, it reads as a list of lists would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.array(question, { maxLength: 25 }),
        async (steps, questions) => {
          const { store } = await open()
          const naive = naiveStore()
          try {
            for (const one of steps) {
              const changes = naive.changes(one)
              const [real, model] = [await codeOf(store.write(changes)), naive.write(changes)]
              expect(real).toBe(model)
            }
            for (const { branch: index, ...query } of questions) {
              const asked = naive.query(index, query)
              if (asked === undefined) continue
              expect(ids(await store.messages(asked.branchId, asked.query))).toEqual(asked.ids)
              expect(await store.length(asked.branchId)).toBe(asked.length)
            }
          } finally {
            await store.close()
          }
        },
      ),
      { numRuns: 60 },
    )
  })
}
