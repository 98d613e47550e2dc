import { expect, test } from 'vitest'
import { Builder, type CommunicateParams, flow, Session } from '../src/index.ts'
import { thrown } from './material.ts'

/** What plain JavaScript may give: TypeScript refuses each of these. */
const loose = <T = never>(value: unknown): T => value as T
const run = (): number => 1

test.each([
  [
    'communicate',
    () => new Builder().communicate(loose({ instruction: 'x', dependOn: [] })),
    /`dependOn`.*`dependsOn`/,
  ],
  [
    'generate',
    () => new Builder().generate(loose({ instruction: 'x', context_from: [] })),
    /`context_from`.*`contextFrom`/,
  ],
  ['task', () => new Builder().task(loose({ run, dependson: [] })), /`dependson`.*`dependsOn`/],
  [
    'add, in its params',
    () => new Builder().add('a', 'generate', loose<CommunicateParams>({ instruction: 'x', model: 'm' })),
    /`model`.*`imodel`/,
  ],
  [
    'add, in its shape',
    () => new Builder().add('a', 'generate', { instruction: 'x' }, loose({ brnch: 'b' })),
    /`brnch`.*`branch`/,
  ],
  ['flow', () => flow(new Builder(), loose({ concurency: 1 })), /`concurency`.*`concurrency`/],
  ['a buffer', () => flow(new Builder(), { buffer: loose({ chunk: 1 }) }), /`chunk`.*`chunks`/],
  ['a budget', () => flow(new Builder(), { budget: loose({ token: 1 }) }), /`token`.*`tokens`/],
  ['the hooks', () => flow(new Builder(), { hooks: loose({ onchunk: run }) }), /`onchunk`.*`onChunk`/],
  ['a Builder', () => new Builder(loose({ sesion: new Session() })), /`sesion`.*`session`/],
])('a misspelt option of %s is an error at the call, which names the one that was meant', async (_, call, says) => {
  expect((await thrown('invalid_plan', call)).message).toMatch(says)
})

test.each([
  ['a task without its function', () => new Builder().task(loose({ name: 'x' })), /`run`.*undefined/],
  ['a `when` that is no function', () => new Builder().task({ run, when: loose(true) }), /`when`.*boolean/],
  ['a name that is no text', () => new Builder().task({ run, name: loose(5) }), /`name`.*number/],
  ['a branch without a name', () => new Builder().task({ run, branch: '' }), /`branch`.*empty/],
  ['a branch that is none', () => new Builder().task({ run, branch: loose(null) }), /`branch`.*object/],
  ['a timeout as text', () => new Builder().task({ run, timeout: loose('5s') }), /`timeout`.*string/],
  ['a timeout of no time', () => new Builder().task({ run, timeout: 0 }), /`timeout`.*0/],
  ['no attempts at all', () => new Builder().task({ run, retry: 0 }), /`retry`.*attempts.*0/],
  ['half an attempt', () => new Builder().task({ run, retry: { attempts: 1.5 } }), /`retry`.*1\.5/],
  ['a `retry` without attempts', () => new Builder().task({ run, retry: loose({ backoff: 1 }) }), /`retry`.*undefined/],
  ['a misspelt `retry`', () => new Builder().task({ run, retry: loose({ attempt: 3 }) }), /`attempt`.*`attempts`/],
  [
    'a `retry` of what listens to a stream',
    () => {
      const builder = new Builder()
      builder.task({ run, streamFrom: builder.task({ run }), retry: 2 })
    },
    /`streamFrom`/,
  ],
  ['a negative backoff', () => new Builder().task({ run, retry: { attempts: 2, backoff: -1 } }), /`backoff`.*-1/],
  ['an `on` that is no function', () => new Builder().task({ run, retry: loose({ attempts: 2, on: true }) }), /`on`/],
  ['a model that is none', () => new Builder().generate({ instruction: 'x', imodel: loose(5) }), /`imodel`.*number/],
  ['a concurrency as text', () => flow(new Builder(), { concurrency: loose('2') }), /concurrency.*string/],
  ['a timeout of a run as text', () => flow(new Builder(), { timeout: loose('1s') }), /timeout.*string/],
  ['a budget of nothing', () => flow(new Builder(), { budget: { tokens: 0 } }), /budget\.tokens.*0/],
  ['a price that is no function', () => flow(new Builder(), { budget: loose({ cost: 1, price: 2 }) }), /budget\.price/],
  ['a hook that is no function', () => flow(new Builder(), { hooks: loose({ onError: 1 }) }), /onError.*function/],
  ['a session in the place of the options', () => new Builder(loose(new Session())), /new Builder\(\{ session \}\)/],
  ['a session that is none', () => new Builder({ session: loose({}) }), /`session`/],
  ['no params at all', () => new Builder().communicate(loose(undefined)), /instruction/],
])('%s is an error at the call', async (_, call, says) => {
  expect((await thrown('invalid_plan', call)).message).toMatch(says)
})

test('a branch is asked for as it is made: by options that are known, and a name that is one', async () => {
  const session = new Session()
  const branch = await session.createBranch({ name: 'b' })
  for (const [call, says] of [
    [() => session.createBranch(loose('chat')), /createBranch as an object/],
    [() => session.createBranch(loose({ nme: 'chat' })), /`nme`.*`name`/],
    [() => session.createBranch({ name: '' }), /name of a branch/],
    [() => branch.fork(loose({ name: 'c' })), /name of a branch.*object/],
    [() => branch.fork('c', loose({ form: 1 })), /`form`/],
    [() => branch.messages(loose({ lst: 1 })), /`lst`.*`last`/],
    [() => branch.messages({ last: -1 }), /`last`/],
    [() => branch.append(loose('hello')), /\{ role, content \}/],
    [() => session.conduct('communicate', loose(undefined), { instruction: 'x' }), /expected a branch/],
  ] as const) {
    expect((await thrown('invalid_request', call)).message).toMatch(says)
  }
  expect((await session.branches()).map(({ name }) => name)).toEqual(['b'])
  expect(await branch.messages()).toEqual([])
})

test('a function that should say yes or no, or make a text, must not be async, nor say nothing', async () => {
  for (const [build, says] of [
    [(builder: Builder) => builder.task({ run, when: loose(async () => false) }), /`when`.*promise/],
    [
      (builder: Builder) => builder.task({ run, when: loose(() => Promise.reject(new Error('no'))) }),
      /`when`.*promise/,
    ],
    [(builder: Builder) => builder.task({ run, when: loose(() => undefined) }), /`when`.*undefined/],
    [(builder: Builder) => builder.generate({ instruction: loose(async () => 'x') }), /`instruction`.*promise/],
    [
      (builder: Builder) =>
        builder.repeat({
          from: builder.task({ run }),
          step: (now) => now,
          until: loose<() => boolean>(async () => true),
          max: 1,
        }),
      /`until`.*promise/,
    ],
  ] as const) {
    const builder = new Builder()
    build(builder)
    const error = await thrown('run_failed', () => flow(builder))
    expect(error.errors?.[0]?.message).toMatch(says)
  }
})

test('what is no model is not registered, and a signal that is none is no signal', async () => {
  await thrown('unknown_imodel', () => new Session().services.register(loose('openai/gpt-4o-mini')))
  await thrown('unknown_imodel', () => new Session({ imodel: loose({}) }))
  await thrown('invalid_request', () => flow(new Builder(), { signal: loose(new AbortController()) }))
})
