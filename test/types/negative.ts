// What must not compile, and the types that must come out. Only checked, never run.
import {
  type BraidError,
  Builder,
  type Chunk,
  type ChunkOf,
  type FlowChunk,
  flow,
  flowStream,
  iModel,
  jsonSchema,
  Message,
  type Preview,
  type Operation,
  type Outcome,
  type ResultOf,
  Session,
  Tool,
  type ToolOutcome,
  tool,
} from 'braid'
import * as v from 'valibot'
import { z } from 'zod'

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
declare function same<A, B>(proof: Equal<A, B>): void

const session = new Session()
const builder = new Builder({ session })
const text = builder.communicate({ instruction: 'x' })
const typed = builder.task({ run: () => ({ n: 1, tags: ['a'] }) })
const results = await flow(builder)

// results have the type of their operation
same<typeof text, Operation<string>>(true)
same<ResultOf<typeof typed>, { n: number; tags: string[] }>(true)
same<ReturnType<typeof results.get<string>>, string>(true)
const n: number = results.get(typed).n
// @ts-expect-error text is not a number
const wrong: number = results.get(text)
// @ts-expect-error no such field
results.get(typed).m
// @ts-expect-error it may not have completed
results.find(typed).n
// @ts-expect-error a declared type does not become the result's type
const lie: Operation<number> = builder.communicate({ instruction: 'x' })
// @ts-expect-error nor does a function's declared result
export const forgot = (b: Builder): Operation<{ n: number }> => b.communicate({ instruction: 'x' })

// structured answers: results are what the schema puts out, not what it takes in
const tagged = builder.generate({
  instruction: 'x',
  output: z.object({ n: z.coerce.number(), tags: z.array(z.string()).default([]) }),
})
same<ResultOf<typeof tagged>, { n: number; tags: string[] }>(true)
const turn = builder.communicate({ instruction: 'x', output: v.object({ n: v.number() }), repair: 2, show: 'valid' })
same<typeof turn, Operation<{ n: number }>>(true)
const ready = { instruction: 'x', output: z.object({ a: z.number() }) }
const fromVariable = builder.communicate(ready)
same<typeof fromVariable, Operation<{ a: number }>>(true)
const parsed = builder.parse({ text: 'x', output: jsonSchema<{ a: number }>({ type: 'object' }) })
same<typeof parsed, Operation<{ a: number }>>(true)
const byName = builder.add(
  'b',
  'communicate',
  { instruction: 'x', output: z.object({ a: z.number() }) },
  { dependsOn: 'c' },
)
same<typeof byName, Operation<{ a: number }>>(true)
const conducted = await session.conduct('parse', 'b', { text: 'x', output: z.object({ a: z.number() }) })
same<typeof conducted, { a: number }>(true)
const rewritten = builder.interpret({ text: 'x', domain: 'law' })
same<typeof rewritten, Operation<string>>(true)
const operated = await session.conduct('operate', 'b', { instruction: 'x', output: z.object({ a: z.number() }) })
same<typeof operated, { a: number }>(true)
const reviews = builder.fanOut([1, 2], (i) =>
  builder.operate({ instruction: `${i}`, output: z.object({ a: z.number() }) }),
)
same<typeof reviews, readonly Operation<{ a: number }>[]>(true)
// @ts-expect-error operate needs a schema
builder.operate({ instruction: 'x' })
// @ts-expect-error parse needs a schema
builder.parse({ text: 'x' })
// @ts-expect-error and a text
builder.parse({ instruction: 'x', output: z.string() })
// @ts-expect-error no such field of the value
results.get(tagged).m
// @ts-expect-error a schema, not an example
builder.generate({ instruction: 'x', output: { a: 1 } })
// @ts-expect-error there is nothing in between
builder.generate({ instruction: 'x', output: z.string(), show: 'later' })
// @ts-expect-error a prompt is a text
builder.interpret({ text: 'x', output: z.string() })

// providers
new iModel('openai/gpt-4o-mini')
// @ts-expect-error a typo in the provider
new iModel('opnai/gpt-4o-mini')
// @ts-expect-error the same in the long form
new iModel({ provider: 'antropic', model: 'claude' })
// @ts-expect-error a provider alone is not a model
new iModel({ provider: 'openai' })
// @ts-expect-error Python's spelling
new iModel('openai/gpt-4o', { max_tokens: 5 })
// @ts-expect-error a session's default model is spelt the same
new Session({ imodel: 'opnai/gpt-4o-mini' })
// @ts-expect-error a function's model has no name to take from its provider
iModel.from(async function* () {
  yield 'x'
})

// branches
const allowing = await session.createBranch({ resources: ['gpt'], capabilities: ['risk'] })
same<typeof allowing.resources, readonly string[] | undefined>(true)
await allowing.fork('other', { resources: [] })
// @ts-expect-error a list of names, not one
await session.createBranch({ resources: 'gpt' })
await allowing.fork('narrow', { window: { summary: { after: 20, imodel: 'gpt' } } })
// @ts-expect-error a branch keeps no functions
await session.createBranch({ window: { tokens: 100, estimate: () => 1 } })
// @ts-expect-error no such window
await session.createBranch({ window: { first: 5 } })
builder.communicate({ instruction: 'x', window: { tokens: 100, estimate: (message) => message.text.length } })
// @ts-expect-error generate has no history
builder.generate({ instruction: 'x', window: { last: 5 } })
// @ts-expect-error an operation, not its name
await session.preview('text')
const previewed = await session.preview(text)
same<typeof previewed, Preview>(true)
// @ts-expect-error lists are made with the branch, and not changed
allowing.capabilities = ['all']

// references
// @ts-expect-error a handle, not a name
builder.communicate({ instruction: 'x', contextFrom: ['text'] })
// @ts-expect-error a run's results are not an operation
builder.communicate({ instruction: 'x', contextFrom: results })
// @ts-expect-error results are looked up by operation
results.get('text')
// @ts-expect-error no such kind
builder.add('a', 'comunicate', { instruction: 'x' })
// @ts-expect-error no instruction
builder.add('a', 'communicate', { text: 'x' })
// @ts-expect-error no instruction
builder.generate({ name: 'x' })
// @ts-expect-error contextFrom, not context_from
builder.communicate({ instruction: 'x', context_from: [text] })
// @ts-expect-error no such policy
flow(builder, { onError: 'ignore' })
// @ts-expect-error no such join
builder.communicate({ instruction: 'x', join: 'first' })
// @ts-expect-error a condition is decided at once
builder.communicate({ instruction: 'x', when: async () => true })
// @ts-expect-error a name is not a plan
flowStream('text')
// @ts-expect-error nor is what it gave
flowStream(results)

// shapes with an inside
const numbers = builder.task({ run: () => [1, 2] })
const expanded = builder.expand({
  dependsOn: numbers,
  items: (results) => results.get(numbers),
  each: (item, sub) => sub.task({ run: () => `${item}` }),
  max: 2,
})
same<typeof expanded, Operation<readonly string[]>>(true)
builder.repeat({
  from: text,
  // @ts-expect-error the loop's step must give what it was given
  step: () => typed,
  until: () => true,
  max: 2,
})
builder.expand({
  dependsOn: typed,
  // @ts-expect-error items must be a list
  items: (results) => results.get(typed).n,
  each: (_, sub) => sub.generate({ instruction: 'x' }),
  max: 2,
})
// @ts-expect-error unbounded
builder.expand({
  dependsOn: numbers,
  items: (results) => results.get(numbers),
  each: (item, sub) => sub.generate({ instruction: `${item}` }),
})
const inside = builder.subgraph({ build: (sub) => sub.task({ run: () => ({ pass: true }) }) })
same<typeof inside, Operation<{ pass: boolean }>>(true)
// @ts-expect-error an inside gives an operation
builder.subgraph({ build: () => 'x' })
builder.task({ streamFrom: text, run: ({ stream }) => stream(text) })
// @ts-expect-error only what runs code can listen
builder.communicate({ instruction: 'x', streamFrom: text })

// custom kinds
const count = session.registerOperation('count', async function* (_, params: { of: string }) {
  yield params.of
  return params.of.length
})
const counted = builder.add('c', count, { of: 'bees' })
same<typeof counted, Operation<number>>(true)
same<ResultOf<typeof counted>, number>(true)
// @ts-expect-error its own params are checked
builder.add('c', count, { off: 'bees' })
const plain = session.registerOperation('plain', async (_, params: { of: string }) => params.of.length)
const c2 = builder.add('c2', plain, { of: 'x' })
same<typeof c2, Operation<number>>(true)
const t1 = builder.task({ run: () => 1 })
same<typeof t1, Operation<number>>(true)
const t2 = builder.task({ run: async () => 'a' })
same<typeof t2, Operation<string>>(true)
const t3 = builder.task({
  async *run() {
    yield 'a'
    return { a: 1 }
  },
})
same<typeof t3, Operation<{ a: number }>>(true)
builder.task({
  // @ts-expect-error numbers are not chunks
  async *run() {
    yield 5
    return 1
  },
})
const v1 = await session.conduct('communicate', 'b', { instruction: 'x' })
same<typeof v1, string>(true)
const v2 = await session.conduct(plain, 'b', { of: 'x' })
same<typeof v2, number>(true)
// @ts-expect-error params of the kind
await session.conduct(plain, 'b', { instruction: 'x' })
const fan = builder.fanOut([1, 2], (i) => builder.task({ run: () => ({ a: i }) }))
same<typeof fan, readonly Operation<{ a: number }>[]>(true)

const pair = results.all([text, typed])
same<typeof pair, [string, { n: number; tags: string[] }]>(true)
const many = results.all(fan)
same<typeof many, { a: number }[]>(true)
const outcome = results.outcome(typed)
same<typeof outcome, Outcome<{ n: number; tags: string[] }>>(true)
// @ts-expect-error only what completed has a result
outcome.result
const named = builder.add('n', plain, { of: 'x' }, { dependsOn: ['c', text] })
same<typeof named, Operation<number>>(true)

// tools
const add = tool({
  name: 'add',
  description: 'a + b',
  input: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }) => a + b,
})
same<typeof add, Tool<{ a: number; b: number }, number>>(true)
const counting = tool({
  name: 'counting',
  description: 'counts',
  input: z.object({ to: z.coerce.number() }),
  async *run({ to }, { signal }) {
    for (let at = 1; at < to && !signal.aborted; at += 1) yield at
    return { counted: to }
  },
})
same<typeof counting, Tool<{ to: number }, { counted: number }>>(true)
const square = Tool.fromFunction(
  async function squared({ n }: { n: number }) {
    return n * n
  },
  { description: 'n by n', input: z.object({ n: z.number() }) },
)
same<typeof square, Tool<{ n: number }, number>>(true)
// @ts-expect-error input is typed by its schema
tool({ name: 'add', description: 'a + b', input: z.object({ a: z.number() }), run: ({ b }) => b })
// @ts-expect-error a tool says what it takes
tool({ name: 'add', description: 'a + b', run: () => 1 })
tool({
  name: 'add',
  description: 'a + b',
  input: z.object({ a: z.number() }),
  // @ts-expect-error whether it asks is decided on its input
  approval: ({ b }) => b > 1,
  run: ({ a }) => a,
})
const agent = builder.react({ instruction: 'x', tools: [add, counting, 'weather'], maxSteps: 3 })
same<typeof agent, Operation<string>>(true)
const advised = builder.react({ instruction: 'x', tools: [add], output: z.object({ a: z.number() }) })
same<typeof advised, Operation<{ a: number }>>(true)
const reasoned = builder.operate({ instruction: 'x', output: z.object({ a: z.number() }), reason: true })
same<typeof reasoned, Operation<{ a: number }>>(true)
const acted = builder.act({ calls: [{ toolCallId: '1', toolName: 'add', input: { a: 1, b: 2 } }], tools: [add] })
same<typeof acted, Operation<readonly ToolOutcome[]>>(true)
const actedByName = builder.add('acts', 'act', { calls: () => [] })
same<typeof actedByName, Operation<readonly ToolOutcome[]>>(true)
const reactedByName = builder.add('reacts', 'react', { instruction: 'x', tools: [add] })
same<typeof reactedByName, Operation<string>>(true)
const conductedAct = await session.conduct('act', 'b', { calls: [] })
same<typeof conductedAct, readonly ToolOutcome[]>(true)
const v3 = await session.conduct('operate', 'b', { instruction: 'x', output: z.object({ a: z.number() }) })
same<typeof v3, { a: number }>(true)
// @ts-expect-error operate needs a schema
builder.operate({ instruction: 'x' })
// @ts-expect-error a function is not a tool
builder.react({ instruction: 'x', tools: [(a: number) => a] })
// @ts-expect-error a react thinks by itself
builder.react({ instruction: 'x', reason: true })
// @ts-expect-error an act asks no model
builder.act({ calls: [], instruction: 'x' })
const sum: number = await add.run({ a: 1, b: 2 })
// @ts-expect-error its input is checked
await add.run({ a: 1 })
session.services.register(add, new iModel('openai/gpt-4o'))
// @ts-expect-error a function is not a service
session.services.register((a: number) => a)
await flowStream(agent).approve('id')
await flowStream(agent).deny('id', 'no')

// chunks
declare const chunk: Chunk
// @ts-expect-error not every chunk has text
chunk.data
if (chunk.type === 'operation-end' && chunk.status === 'failed') chunk.error.code satisfies BraidError['code']
if ('data' in chunk) chunk.data satisfies string
same<ChunkOf<'text-delta'>['data'], string>(true)
// @ts-expect-error no such chunk
if (chunk.type === 'text_delta') throw chunk
for await (const event of new iModel('openai/gpt-4o').invoke('x')) {
  // @ts-expect-error a model has no operations
  if (event.type === 'operation-end') break
}
const tuples = flowStream(text)
for await (const [id, event, ...none] of tuples) {
  id satisfies string
  event satisfies Chunk
  none satisfies []
  tuples.seq satisfies number
}
const stated = await tuples.result(typed)
same<typeof stated, { n: number; tags: string[] }>(true)

// attempts and limits
builder.task({
  run: () => 1,
  timeout: 5_000,
  retry: { attempts: 3, backoff: 100, on: (error) => error.status === 409 },
})
// @ts-expect-error how many attempts, in all
builder.task({ run: () => 1, retry: { backoff: 100 } })
// @ts-expect-error milliseconds
builder.task({ run: () => 1, timeout: '5s' })
// @ts-expect-error decided at once
builder.task({ run: () => 1, retry: { attempts: 2, on: async () => true } })
flow(builder, { timeout: 60_000, budget: { tokens: 10_000, operations: 20 }, coalesce: 50 })
flow(builder, {
  budget: { cost: 1, price: (usage, model) => (usage.outputTokens ?? 0) * (model === 'gpt-4o' ? 2 : 1) },
})
// @ts-expect-error no such budget
flow(builder, { budget: { seconds: 10 } })
flow(builder, { hooks: { beforeOperation: async (operation, attempt) => console.log(operation.id, attempt) } })
// @ts-expect-error a chunk is looked at, and not waited for
flow(builder, { hooks: { onChunk: async (id: number) => {} } })
// @ts-expect-error no such hook
flow(builder, { hooks: { onStart: () => {} } })

// reading and control
for await (const { n: soFar, tags } of tuples.partials(typed)) {
  same<typeof soFar, number | undefined>(true)
  same<typeof tags, (string | undefined)[] | undefined>(true)
}
await tuples.skipOperation(text)
const run = await tuples.detach()
same<Awaited<ReturnType<typeof run.results>>['usage'], typeof results.usage>(true)
// @ts-expect-error a handle is read through its streams
for await (const _ of run);
const again = run.stream({ after: tuples.seq })
// @ts-expect-error what only reads has no results
again.results
// @ts-expect-error and cancels nothing
again.cancel()
new Response(tuples.toResponse().body) satisfies Response
const web = tuples.toReadableStream()
same<typeof web, ReadableStream<FlowChunk>>(true)
const [found] = await session.runs.list({ status: 'waiting', last: 1 })
found?.status satisfies string | undefined
// @ts-expect-error no such status
await session.runs.list({ status: 'done' })
// @ts-expect-error frozen
text.id = 'y'
// @ts-expect-error immutable
Message.system('x').content.system = 'y'

export { lie, n, sum, wrong }
