import { BraidError, type Schema, Tool, tool, wordsOfIssues } from '@braid/core'
import { expect, test } from 'vitest'

/** Takes objects with a number `n`, and puts out the number alone. */
const number: Schema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const n: unknown = (value as { n?: unknown } | undefined)?.n
      return typeof n === 'number' ? { value: n } : { issues: [{ message: 'expected a number', path: ['n'] }] }
    },
  },
}

const base = { name: 'double', description: 'twice', input: number }

async function thrown(run: () => unknown): Promise<BraidError> {
  const error: unknown = await (async () => run())().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(BraidError)
  return error as BraidError
}

test('a tool that is run by hand checks its input, and is given what the schema puts out', async () => {
  const double = tool({ ...base, run: (n) => n * 2 })
  expect(await double.run({ n: 4 } as never)).toBe(8)
  const ran: unknown[] = []
  const never = tool({ ...base, run: (n) => ran.push(n) })
  const error = await thrown(() => never.run({ n: 'four' } as never))
  expect(error).toMatchObject({ code: 'invalid_tool_input' })
  expect(error.message).toContain('"double"')
  expect(error.message).toContain('`n`: expected a number')
  expect(ran).toEqual([])
})

test('a schema that throws or rejects has not said yes, so the tool is not run', async () => {
  for (const validate of [
    () => {
      throw new RangeError('broken')
    },
    () => Promise.reject(new RangeError('broken')),
  ]) {
    const input: Schema<number> = { '~standard': { version: 1, vendor: 'test', validate } }
    const ran: unknown[] = []
    const error = await thrown(() => tool({ ...base, input, run: () => ran.push(1) }).run(1))
    expect(error).toMatchObject({ code: 'invalid_tool_input', cause: { message: 'broken' } })
    expect(ran).toEqual([])
  }
})

test('a tool that reports progress resolves to its result', async () => {
  const slow = tool({
    ...base,
    async *run(n) {
      yield 'working'
      yield 'still'
      return n + 1
    },
  })
  expect(await slow.run({ n: 1 } as never)).toBe(2)
})

test('a tool is called after its function, and one without a name is refused', async () => {
  const named = Tool.fromFunction(
    function triple(n: number) {
      return n * 3
    },
    { description: 'thrice', input: number },
  )
  expect(named.name).toBe('triple')
  expect(await named.run({ n: 2 } as never)).toBe(6)
  const error = await thrown(() => Tool.fromFunction((n: number) => n, { description: '', input: number }))
  expect(error.code).toBe('invalid_request')
})

test('a call that takes longer than the tool may is told so, and its generator is closed', async () => {
  let closed = false
  const slow = tool({
    ...base,
    timeout: 1,
    async *run(n, { signal }) {
      try {
        while (!signal.aborted) await new Promise<void>((resolve) => setImmediate(resolve))
        yield 'once more'
        return n
      } finally {
        closed = true
      }
    },
  })
  const error = await thrown(() => slow.run({ n: 1 } as never))
  expect(error).toMatchObject({ code: 'timeout', retryable: true })
  expect(error.message).toContain('"double"')
  await new Promise((resolve) => setImmediate(resolve))
  expect(closed).toBe(true)
})

test('an aborted signal ends a run by hand with its reason, before it begins and while it lasts', async () => {
  const reason = new Error('enough')
  const ran: unknown[] = []
  const stuck = tool({ ...base, run: () => new Promise<never>(() => ran.push(1)) })
  await expect(stuck.run({ n: 1 } as never, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(ran).toEqual([])
  const controller = new AbortController()
  const running = stuck.run({ n: 1 } as never, { signal: controller.signal })
  await new Promise((resolve) => setImmediate(resolve))
  expect(ran).toEqual([1])
  controller.abort(reason)
  await expect(running).rejects.toBe(reason)
})

test('what a schema has against a value is told with the path to it', () => {
  expect(wordsOfIssues([{ message: 'is missing' }])).toBe('is missing')
  expect(
    wordsOfIssues([
      { message: 'expected a number', path: ['lines', 2, { key: 'price' }] },
      { message: 'no', path: [0] },
    ]),
  ).toBe('`lines[2].price`: expected a number; `[0]`: no')
})

const run = (): number => 1

test.each<[object, string]>([
  [{ ...base, name: 'with space', run }, '"with space"'],
  [{ ...base, description: undefined, run }, 'description'],
  [{ ...base, input: {}, run }, 'Standard Schema'],
  [{ ...base, run: undefined }, 'run'],
  [{ ...base, run, timeout: 0 }, 'timeout'],
  [{ ...base, run, aproval: true }, '`aproval`'],
])('options that make no tool are refused where it is made: %#', async (options, named) => {
  const error = await thrown(() => tool(options as never))
  expect(error.code).toBe('invalid_request')
  expect(error.message).toContain(named)
})
