import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BraidError, type Chunk } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { expect, onTestFinished, test } from 'vitest'
import { Builder, flowStream, type Run, Session } from '../src/index.ts'
import { aborted, FakeClock, gate, read, thrown, turns } from './material.ts'

/** Answers every request with what this makes, over a real socket, as any Node server would. */
async function serve(answer: (lastEventId: number) => Response | Promise<Response>): Promise<string> {
  const server = createServer((request, outgoing) => {
    void (async () => {
      await send(await answer(Number(request.headers['last-event-id'] ?? 0)), outgoing)
    })()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (!response.body) throw new Error('no body')
  // A client that leaves makes this reject, and the body is cancelled.
  await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => {})
}

interface Heard {
  readonly headers: Headers
  readonly events: readonly EventSourceMessage[]
  readonly comments: number
}

/** What an EventSource hears, until the end or until it has had enough. */
async function listen(
  url: string,
  enough: (event: EventSourceMessage) => boolean = () => false,
  lastEventId?: string,
): Promise<Heard> {
  const leaving = new AbortController()
  const response = await fetch(url, {
    signal: leaving.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })
  const events: EventSourceMessage[] = []
  let comments = 0
  let left = false
  const parser = createParser({
    onEvent: (event) => {
      if (left) return
      events.push(event)
      left = enough(event)
    },
    onComment: () => {
      comments += 1
    },
  })
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    parser.feed(decoder.decode(bytes, { stream: true }))
    if (left) break
  }
  if (left) leaving.abort()
  return { headers: response.headers, events, comments }
}

interface Said {
  readonly operationId: string
  readonly chunk: Chunk & Readonly<Record<string, unknown>>
}

function saidIn(events: readonly EventSourceMessage[]): Said[] {
  return events.filter(({ event }) => event === undefined).map(({ data }) => JSON.parse(data) as Said)
}

function endOf(events: readonly EventSourceMessage[]): unknown {
  const last = events.at(-1)
  expect(last?.event).toBe('end')
  return JSON.parse(last?.data ?? '')
}

test('every tuple of a run is an event with its number, and the last event says how it ended', async () => {
  const model = scriptedModel(['one two', 'three\nfour'], { usage: { outputTokens: 2 } })
  const session = new Session({ imodel: model })
  let runId = ''
  const url = await serve(() => {
    const builder = new Builder({ session })
    const a = builder.generate({ name: 'a', instruction: 'x' })
    builder.generate({ name: 'b', instruction: 'y', dependsOn: a })
    const stream = flowStream(builder)
    runId = stream.runId
    return stream.toResponse()
  })
  const { headers, events } = await listen(url)
  expect(headers.get('content-type')).toBe('text/event-stream')
  expect(headers.get('cache-control')).toBe('no-cache')
  expect(headers.get('x-braid-run')).toBe(runId)
  const said = saidIn(events)
  expect(events.slice(0, -1).map(({ id }) => id)).toEqual(said.map((_, index) => String(index + 1)))
  const text = (id: string) =>
    said.map(({ operationId, chunk }) => (operationId === id && chunk.type === 'text-delta' ? chunk.data : '')).join('')
  expect([text('a'), text('b')]).toEqual(['one two', 'three\nfour'])
  expect(said.at(-1)).toMatchObject({
    operationId: 'b',
    chunk: { type: 'operation-end', status: 'completed', result: 'three\nfour', usage: { outputTokens: 2 } },
  })
  for (const { chunk } of said) {
    expect(chunk).not.toHaveProperty('metadata')
    expect(chunk).not.toHaveProperty('rawResponse')
  }
  expect(endOf(events)).toEqual({ status: 'completed' })
})

test('a client that leaves cancels the run that lives by being read, and not the one that is detached', async () => {
  for (const detached of [false, true]) {
    const builder = new Builder()
    const stopped = gate()
    const open = gate()
    builder.task({
      name: 'a',
      async *run({ signal }) {
        yield 'so far'
        await Promise.race([aborted(signal).then(stopped.open), open.opened])
      },
    })
    const stream = flowStream(builder)
    let run: Run | undefined
    const url = await serve(async () => {
      if (detached) run = await stream.detach()
      return (run?.stream() ?? stream).toResponse()
    })
    await listen(url, ({ data }) => data.includes('so far'))
    if (run) {
      await turns(20)
      expect(run.status).toBe('running')
      open.open()
      await run.results()
    } else {
      await stopped.opened
      await thrown('cancelled', () => stream.results)
    }
  }
})

test('a client that comes back goes on where it was, and is told the end when there is nothing else', async () => {
  const builder = new Builder()
  const open = gate()
  builder.task({
    name: 'a',
    async *run() {
      yield 'one '
      await open.opened
      yield 'two '
    },
  })
  let run: Run | undefined
  const url = await serve(async (after) => {
    run ??= await flowStream(builder).detach()
    return run.stream({ after }).toResponse()
  })
  const first = await listen(url, ({ data }) => data.includes('one '))
  const { id } = first.events.at(-1) ?? {}
  expect(id).toBe('3')
  const second = listen(url, () => false, id)
  await turns(20)
  open.open()
  const { events } = await second
  expect(events.map((event) => event.id)).toEqual(['4', '5', '6', undefined])
  expect(saidIn(events)[0]?.chunk).toMatchObject({ type: 'text-delta', data: 'two ' })
  const third = await listen(url, () => false, '6')
  expect(third.events).toHaveLength(1)
  expect(endOf(third.events)).toEqual({ status: 'completed' })
})

test('an error is what a reader may know of it, and nothing of what caused it', async () => {
  const builder = new Builder()
  const cause = new Error('Authorization: Bearer sk-secret')
  builder.task({
    name: 'a',
    retry: { attempts: 2, backoff: 0 },
    run: async () => {
      throw new BraidError('rate_limited', 'come back later', { status: 429, retryAfterMs: 1, cause })
    },
  })
  const url = await serve(() => flowStream(builder).toResponse())
  const { events } = await listen(url)
  const error = {
    code: 'rate_limited',
    message: 'come back later',
    retryable: true,
    operationId: 'a',
    status: 429,
    retryAfterMs: 1,
  }
  const chunks = saidIn(events).map(({ chunk }) => chunk)
  expect(chunks.find(({ type }) => type === 'operation-reset')).toEqual({
    type: 'operation-reset',
    attempt: 2,
    error,
    candidate: 0,
  })
  expect(chunks.at(-1)).toEqual({ type: 'operation-end', status: 'failed', error, candidate: 0 })
  expect(endOf(events)).toMatchObject({ status: 'failed', error: { code: 'run_failed', errors: [error] } })
  expect(JSON.stringify(events)).not.toContain('secret')
  expect(JSON.stringify(events)).not.toContain('stack')
})

test('what is no JSON does not break the stream', async () => {
  const builder = new Builder()
  const circle: Record<string, unknown> = { bytes: new Uint8Array([1, 2, 3]) }
  builder.task({ name: 'bytes', run: () => ({ bytes: Buffer.from([1, 2, 3]), big: 2n ** 64n, at: new Date(0) }) })
  builder.task({
    name: 'circle',
    async *run() {
      yield { type: 'custom' as const, name: 'fine', value: circle['bytes'] }
      circle['self'] = circle
      return circle
    },
  })
  builder.task({ name: 'cancelled', run: () => Promise.reject(new RangeError('foreign')) })
  const url = await serve(() => flowStream(builder, { onError: 'continue' }).toResponse())
  const { events } = await listen(url)
  const ends = new Map(
    saidIn(events)
      .filter(({ chunk }) => chunk.type === 'operation-end')
      .map(({ operationId, chunk }) => [operationId, chunk]),
  )
  expect(ends.get('bytes')).toMatchObject({
    result: { bytes: 'AQID', big: '18446744073709551616', at: '1970-01-01T00:00:00.000Z' },
  })
  expect(ends.get('circle')).toMatchObject({ status: 'completed' })
  expect(ends.get('circle')).not.toHaveProperty('result')
  expect(saidIn(events).find(({ chunk }) => chunk.type === 'custom')?.chunk.value).toBe('AQID')
  expect(endOf(events)).toEqual({ status: 'failed' })
})

test('a run that is aborted with whatever it may be says that it was cancelled', async () => {
  const builder = new Builder()
  builder.task({ run: ({ signal }) => aborted(signal) })
  const controller = new AbortController()
  const url = await serve(() => flowStream(builder, { signal: controller.signal }).toResponse())
  const listening = listen(url)
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  await turns(20)
  controller.abort(circle)
  expect(endOf((await listening).events)).toEqual({ status: 'cancelled' })
})

test('a client that does not read is not read ahead of', async () => {
  let produced = 0
  const builder = new Builder()
  builder.task({
    name: 'a',
    async *run() {
      for (; produced < 1_000; produced += 1) yield `${produced} `
    },
  })
  const { body } = flowStream(builder, { buffer: { chunks: 4 } }).toResponse()
  const reader = body?.getReader()
  expect(produced).toBe(0)
  for (let event = 0; event < 4; event += 1) await reader?.read()
  await turns(5)
  expect(produced).toBeLessThan(10)
  await reader?.cancel()
  await turns(5)
  expect(produced).toBeLessThan(10)
})

test('while nothing is said, a client that waits hears a comment now and then; one that does not wait hears none', async () => {
  const clock = new FakeClock()
  const open = gate()
  const builder = new Builder({ session: new Session({}, { clock }) })
  builder.task({ run: () => open.opened })
  const stream = flowStream(builder)
  const reader = stream.toResponse().body?.getReader()
  const text = async () => new TextDecoder().decode((await reader?.read())?.value)
  expect(await text()).toContain('operation-start')
  expect(clock.running).toBe(0)
  const waiting = text()
  await turns(3)
  await clock.pass(15_000)
  expect(await waiting).toBe(':\n\n')
  const still = text()
  await clock.pass(15_000)
  expect(await still).toBe(':\n\n')
  open.open()
  expect(await text()).toContain('operation-end')
  expect(await text()).toContain('event: end')
  expect(clock.running).toBe(0)
})

test('a response that nobody reads starts nothing; its body can be given up at any moment', async () => {
  const builder = new Builder()
  let ran = false
  builder.task({
    run: () => {
      ran = true
    },
  })
  const response = flowStream(builder).toResponse()
  await turns(5)
  await response.body?.cancel()
  await turns(5)
  expect(ran).toBe(false)
})

test('a web stream has the tuples, fails as the loop would throw, and is left by cancelling it', async () => {
  const builder = new Builder()
  builder.task({ name: 'a', run: () => 'a' })
  const tuples: unknown[] = []
  await flowStream(builder)
    .toReadableStream()
    .pipeTo(new WritableStream({ write: (tuple) => void tuples.push(tuple) }))
  expect(tuples).toMatchObject([
    ['a', { type: 'operation-start' }],
    ['a', { type: 'operation-end' }],
  ])

  const failing = new Builder()
  failing.task({ run: () => Promise.reject(new Error('no')) })
  const { error } = await read(flowStream(failing).toReadableStream() as unknown as AsyncIterable<never>)
  expect(error).toMatchObject({ code: 'run_failed' })

  const endless = new Builder()
  const stopped = gate()
  endless.task({ run: ({ signal }) => aborted(signal).then(stopped.open) })
  const stream = flowStream(endless)
  const reader = stream.toReadableStream().getReader()
  await reader.read()
  const pending = reader.read()
  await reader.cancel()
  expect(await pending).toEqual({ done: true, value: undefined })
  await stopped.opened
  await thrown('cancelled', () => stream.results)
})
