import { equal, ok } from 'node:assert/strict'
import { BraidError, type BranchRecord, type Change, type ErrorCode, Message, newId, type Store } from '@braid/core'

export function branch(name: string): BranchRecord {
  return { id: newId(), name, createdAt: new Date() }
}

export function fork(parent: BranchRecord, name: string, at: number): BranchRecord {
  return { ...branch(name), parent: { id: parent.id, at } }
}

export function say(...texts: string[]): Message[] {
  return texts.map((text) => Message.instruction(text))
}

export function append(to: BranchRecord, messages: readonly Message[], length?: number): Change {
  return { type: 'append', branchId: to.id, messages, ...(length === undefined ? {} : { length }) }
}

export function ids(messages: readonly Message[]): string[] {
  return messages.map((message) => message.id)
}

export async function places(
  store: Store,
  on: BranchRecord,
  messages: readonly (Message | undefined)[],
): Promise<unknown[]> {
  return Promise.all(messages.map((message) => store.position(on.id, message?.id ?? '')))
}

export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    if (error instanceof BraidError) return error.code
    throw error
  }
}

export async function rejects(promise: Promise<unknown>, code: ErrorCode, ...mentioned: string[]): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  ok(error instanceof BraidError, `expected a BraidError with the code ${code}; got ${String(error)}`)
  equal(error.code, code)
  for (const word of mentioned) ok(error.message.includes(word), `expected ${word} in: ${error.message}`)
}

export function everyKindOfMessage(): Message[] {
  const odd = JSON.parse('{"__proto__": {"a": 1}, "constructor": null}') as object
  return [
    new Message({
      content: {
        type: 'instruction',
        instruction: 'Größe: 😀 \u0000 \ud800 "quoted" \\ {"$bytes":"no"}',
        context: {
          nested: [
            1,
            null,
            { $bytes: 'only looks like bytes' },
            { $blob: 'only looks like a blob' },
            { $plain: { $date: 1 } },
            odd,
          ],
          at: new Date(0),
          big: 2n ** 70n,
        },
        files: [
          { type: 'file', mediaType: 'image/png', bytes: Uint8Array.from({ length: 256 }, (_, index) => index) },
          { type: 'file', mediaType: 'image/gif', bytes: new Uint8Array(200_000).fill(7) },
          { type: 'file', mediaType: 'text/plain', url: 'https://example.org/a.txt' },
          { type: 'file', mediaType: 'text/plain', bytes: new Uint8Array() },
        ],
      },
      sender: 'user',
      recipient: 'writer',
      metadata: { trace: 'abc', score: Number.POSITIVE_INFINITY },
      createdAt: new Date('2026-01-02T03:04:05.678Z'),
    }),
    new Message({
      content: {
        type: 'assistant-response',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'c2ln', redacted: 'x' },
          { type: 'text', text: 'Half an ans' },
          { type: 'refusal', text: 'No.' },
          { type: 'source', id: 's1', url: 'https://example.org', title: 'Example' },
        ],
        finishReason: 'length',
        usage: { inputTokens: 3, outputTokens: 4, raw: { prompt_tokens: 3, details: { cached: null } } },
        model: 'gpt-4o-mini',
      },
      status: 'partial',
    }),
    new Message({
      content: {
        type: 'action-request',
        calls: [{ toolCallId: 't1', toolName: 'search', input: { q: 'ä', n: -0.5 } }],
      },
    }),
    new Message({
      content: {
        type: 'action-response',
        outcomes: [
          { toolCallId: 't1', toolName: 'search', input: {}, output: ['a', { bytes: new Uint8Array([1, 2]) }] },
          {
            toolCallId: 't2',
            toolName: 'search',
            input: {},
            error: new BraidError('timeout', 'Took too long.', { retryable: false, status: 504 }),
          },
        ],
      },
    }),
    Message.assistant(''),
  ]
}

export function everyOutcome(): Change[] {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const failed = new BraidError('server_error', 'It broke.', { cause: new Error('inner') })
  const startedAt = new Date()
  const outcomes = [
    { status: 'completed', result: { text: 'a' }, usage: { inputTokens: 1 }, durationMs: 1.5, attempts: 1 },
    { status: 'completed', result: undefined, usage: {}, durationMs: 0, attempts: 1 },
    { status: 'completed', result: () => 'a function', usage: {}, durationMs: 0, attempts: 2 },
    { status: 'completed', result: cycle, usage: {}, durationMs: 0, attempts: 1 },
    { status: 'failed', error: failed, partial: Message.assistant('half') },
    { status: 'skipped', because: 'op-4' },
    { status: 'cancelled', reason: new DOMException('Aborted', 'AbortError') },
    { status: 'cancelled', reason: undefined },
    { status: 'cancelled', reason: cycle, partial: Message.assistant('quarter') },
  ] as const
  const id = newId()
  return [
    { type: 'run', run: { id, status: 'running', startedAt } },
    ...outcomes.map(
      (outcome, index): Change => ({
        type: 'operation',
        operation: { runId: id, id: `op-${index}`, kind: 'task', outcome, attempts: 1, startedAt, endedAt: new Date() },
      }),
    ),
    { type: 'run', run: { id, status: 'failed', startedAt, endedAt: new Date(), error: failed } },
  ]
}
