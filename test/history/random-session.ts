import { BraidError, type Change, Message, newId, type Outcome, type Store } from '@braid/core'
import fc from 'fast-check'
import { everyKindOfMessage } from './every-kind.ts'

const step = fc.oneof(
  fc.record({ do: fc.constant('branch' as const), system: fc.boolean() }),
  fc.record({ do: fc.constant('fork' as const), of: fc.nat(), at: fc.nat({ max: 20 }), system: fc.boolean() }),
  fc.record({
    do: fc.constant('append' as const),
    to: fc.nat(),
    kinds: fc.array(fc.nat(), { maxLength: 4 }),
    again: fc.boolean(),
  }),
  fc.record({ do: fc.constant('rename' as const), of: fc.nat() }),
  fc.record({ do: fc.constant('archive' as const), of: fc.nat(), archived: fc.boolean() }),
  fc.record({ do: fc.constant('delete' as const), of: fc.nat() }),
  fc.record({ do: fc.constant('system' as const), of: fc.nat(), there: fc.boolean() }),
  fc.record({
    do: fc.constant('run' as const),
    outcomes: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }),
    ended: fc.boolean(),
  }),
)
export const steps = fc.array(step, { maxLength: 30 })
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Does them to a store, in numbers that mean something once it is known what is there. */
export async function act(store: Store, plan: readonly Step[]): Promise<void> {
  const said: Message[] = []
  for (const one of plan) {
    const branches = await store.branches()
    const pick = (index: number) => (branches.length === 0 ? undefined : branches[index % branches.length])
    const create = (system: boolean, parent?: { readonly id: string; readonly at: number }): Change => ({
      type: 'branch',
      branch: {
        id: newId(),
        name: newId(),
        createdAt: new Date(),
        ...(parent === undefined ? {} : { parent }),
        ...(system ? { system: Message.system('Be brief.'), resources: ['gpt'], window: { last: 3 } } : {}),
      },
    })
    switch (one.do) {
      case 'branch':
        await store.write([create(one.system)])
        break
      case 'fork': {
        const parent = pick(one.of)
        if (parent)
          await store.write([
            create(one.system, { id: parent.id, at: Math.min(one.at, await store.length(parent.id)) }),
          ])
        break
      }
      case 'append': {
        const kinds = everyKindOfMessage()
        const fresh = one.kinds.map((index) => kinds[index % kinds.length]!)
        const old = one.again && said.length > 0 ? [said[0]!] : []
        said.push(...fresh)
        const branch = pick(one.to)
        if (branch) await store.write([{ type: 'append', branchId: branch.id, messages: [...fresh, ...old] }])
        break
      }
      case 'rename':
        for (const { id } of [pick(one.of)].flatMap((each) => each ?? [])) {
          await store.write([{ type: 'branch-name', branchId: id, name: `${newId()}\n"name"` }])
        }
        break
      case 'archive':
        for (const { id } of [pick(one.of)].flatMap((each) => each ?? [])) {
          await store.write([{ type: 'branch-archived', branchId: id, archived: one.archived }])
        }
        break
      case 'delete':
        for (const { id } of [pick(one.of)].flatMap((each) => each ?? [])) {
          await store.write([{ type: 'branch-deleted', branchId: id }])
        }
        break
      case 'system':
        for (const { id } of [pick(one.of)].flatMap((each) => each ?? [])) {
          const system = one.there
            ? { system: said.find(({ role }) => role === 'system') ?? Message.system('Again.') }
            : {}
          await store.write([{ type: 'branch-system', branchId: id, ...system }])
        }
        break
      case 'run':
        await store.write(runOf(one.outcomes, one.ended, said))
        break
      default:
        one satisfies never
    }
  }
}

/** A run with an operation for each of these, its log, and what they noted. */
function runOf(kinds: readonly number[], ended: boolean, said: readonly Message[]): Change[] {
  const runId = newId()
  const run = {
    id: runId,
    startedAt: new Date(),
    plan: [{ id: 'a', kind: 'task', params: { run: { $function: 'run' } }, edges: [], code: true }],
    ...(ended
      ? { status: 'failed' as const, endedAt: new Date(), error: new BraidError('run_failed', 'one operation failed') }
      : { status: 'running' as const, lease: { token: 't', pid: 1, host: 'h', boot: '', expiresAt: new Date() } }),
  }
  return [
    { type: 'run', run },
    ...kinds.flatMap((kind, index): Change[] => {
      const outcome = outcomeOf(kind, said)
      const operation = {
        runId,
        id: `chapters/${index}`,
        kind: 'communicate',
        attempts: kind,
        startedAt: new Date(),
        ...(kind % 2 === 0 ? { branch: 'chat' } : {}),
        ...(outcome === undefined ? {} : { outcome, endedAt: new Date() }),
        ...(outcome?.status === 'completed' && outcome.result === undefined && kind === 5 ? { lost: true } : {}),
      }
      return [
        { type: 'operation', operation },
        {
          type: 'memo',
          runId,
          memo: { operationId: operation.id, key: 'turn', value: { at: new Date(0), bytes: new Uint8Array([kind]) } },
        },
      ]
    }),
    { type: 'log', runId, page: { first: 1, count: 3, data: new Uint8Array([1, 2, 3]) } },
    { type: 'log', runId, page: { first: 4, count: 1, data: new Uint8Array(300) } },
  ]
}

function outcomeOf(kind: number, said: readonly Message[]): Outcome | undefined {
  const partial = said.length > 0 ? { partial: said.at(-1)! } : { partial: Message.assistant('what had come') }
  switch (kind) {
    case 0:
      return undefined
    case 1:
      return {
        status: 'completed',
        result: { n: 1n, at: new Date(1), list: [Number.NaN] },
        usage: { inputTokens: 3 },
        durationMs: 1.5,
        attempts: 1,
      }
    case 2:
      return {
        status: 'failed',
        error: new BraidError('overloaded', 'busy', { operationId: 'chapters/2' }),
        ...partial,
      }
    case 3:
      return { status: 'skipped', because: 'chapters/2' }
    case 4:
      return { status: 'cancelled', reason: 'the user pressed stop', ...partial, usage: { outputTokens: 1 } }
    default:
      return { status: 'completed', result: undefined, usage: {}, durationMs: 2, attempts: 5 }
  }
}
