import { BraidError, type BranchWindow, Message, type ModelRequest, type ToolCall } from '@braid/core'
import { type ScriptedModel, scriptedModel } from '@braid/testing'
import { describe, expect, test } from 'vitest'
import { type Branch, Builder, flow, flowStream, Session, type ContextWindow } from '../src/index.ts'
import { aborted, gate, read, saidBy, thrown } from './material.ts'

/** What a request says, message by message: texts, and of calls and results their ids. */
function sent(request: ModelRequest | undefined): string[] {
  return (request?.messages ?? []).map((message) => {
    if (!(message instanceof Message)) return message.content
    const { content } = message as Message
    if (content.type === 'action-request') return `calls ${content.calls.map((call) => call.toolCallId).join()}`
    if (content.type === 'action-response') return `gave ${content.outcomes.map((call) => call.toolCallId).join()}`
    return message.text
  })
}

function call(toolCallId: string): ToolCall {
  return { toolCallId, toolName: 'look', input: {} }
}

/** One step of a turn that called a tool: what it said, the call, and what that came to. */
function step(id: string): Message[] {
  return [
    Message.assistant(`looking ${id}`),
    new Message({ content: { type: 'action-request', calls: [call(id)] } }),
    new Message({ content: { type: 'action-response', outcomes: [{ ...call(id), output: 'x' }] } }),
  ]
}

/** So many turns of one question and one answer: `q1`, `a1`, `q2`, … */
function turns(count: number): Message[] {
  return Array.from({ length: count }, (_, index) => [
    Message.instruction(`q${index + 1}`),
    Message.assistant(`a${index + 1}`),
  ]).flat()
}

async function talk(
  messages: readonly Message[],
  window: BranchWindow | undefined,
  model: ScriptedModel = scriptedModel('fine'),
): Promise<{ readonly session: Session; readonly branch: Branch; readonly model: ScriptedModel }> {
  const session = new Session({ imodel: model })
  const branch = await session.createBranch({
    name: 'chat',
    system: 'Be brief.',
    ...(window === undefined ? {} : { window }),
  })
  await branch.append(...messages)
  return { session, branch, model }
}

describe('a window of the last messages', () => {
  test.each([
    [0, ['Be brief.', 'now']],
    [1, ['Be brief.', 'now']],
    [2, ['Be brief.', 'q3', 'a3', 'now']],
    [5, ['Be brief.', 'q2', 'a2', 'q3', 'a3', 'now']],
    [6, ['Be brief.', 'q1', 'a1', 'q2', 'a2', 'q3', 'a3', 'now']],
    [100, ['Be brief.', 'q1', 'a1', 'q2', 'a2', 'q3', 'a3', 'now']],
  ])('last: %i sends whole turns, the system message and the instruction', async (last, wanted) => {
    const { session, branch, model } = await talk(turns(3), undefined)
    await session.conduct('communicate', branch, { instruction: 'now', window: { last } })
    expect(sent(model.calls[0])).toEqual(wanted)
    // All of it stays on the branch.
    expect(await branch.messages()).toHaveLength(9)
  })

  test('calls are never parted from their results, and of a long turn the last steps stay with its instruction', async () => {
    const long = [...turns(1), Message.instruction('work'), ...step('1'), ...step('2'), Message.assistant('done')]
    const whole = ['q1', 'a1', 'work', 'looking 1', 'calls 1', 'gave 1', 'looking 2', 'calls 2', 'gave 2', 'done']
    for (let last = 0; last <= whole.length + 1; last += 1) {
      const { session, branch, model } = await talk(long, { last })
      await session.conduct('communicate', branch, { instruction: 'now' })
      const history = sent(model.calls[0]).slice(1, -1)
      expect(history.length).toBeLessThanOrEqual(last)
      for (const id of ['1', '2']) {
        expect(history.includes(`calls ${id}`)).toBe(history.includes(`gave ${id}`))
        expect(history.includes(`calls ${id}`)).toBe(history.includes(`looking ${id}`))
      }
      if (history.length > 0) expect(['q1', 'work']).toContain(history[0])
      expect(whole.filter((each) => history.includes(each))).toEqual(history)
      if (last === 5) expect(history).toEqual(['work', 'looking 2', 'calls 2', 'gave 2', 'done'])
      if (last >= 8 && last < 10) expect(history).toEqual(whole.slice(2))
    }
  })

  test('what an operation says goes before what its branch says, also that everything is sent', async () => {
    const { session, branch, model } = await talk(turns(3), { last: 2 })
    await session.conduct('communicate', branch, { instruction: 'now' })
    await session.conduct('communicate', branch, { instruction: 'again', window: 'all' })
    expect(sent(model.calls[0])).toEqual(['Be brief.', 'q3', 'a3', 'now'])
    expect(sent(model.calls[1])).toHaveLength(10)
  })

  test('a system message that was appended later stays where it stands', async () => {
    const { session, branch, model } = await talk([...turns(1), Message.system('Be kind.'), ...turns(1)], { last: 2 })
    await session.conduct('communicate', branch, { instruction: 'now' })
    expect(sent(model.calls[0])).toEqual(['Be brief.', 'Be kind.', 'q1', 'a1', 'now'])
  })

  test('the turn itself is sent whole, however many steps it has', async () => {
    const model = scriptedModel(({ messages }) => `${messages.length}`)
    const session = new Session({ imodel: model })
    const branch = await session.createBranch({ window: { last: 0 } })
    await branch.append(...turns(2))
    // An answer that does not fit is sent back with what is wrong about it.
    const output = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => (value === 3 ? { value } : { issues: [{ message: 'expected 3' }] }),
      },
    }
    expect(await session.conduct('communicate', branch, { instruction: 'now', output, repair: 1 })).toBe(3)
    expect(model.calls.map(({ messages }) => messages.length)).toEqual([1, 3])
  })
})

describe('a window of tokens', () => {
  test('counts by the estimate it is given, what is sent in any case included', async () => {
    const estimate = () => 10
    for (const [tokens, history] of [
      [20, 0],
      [39, 0],
      [40, 2],
      [79, 4],
      [80, 6],
    ] as const) {
      const { session, branch, model } = await talk(turns(3), undefined)
      await session.conduct('communicate', branch, { instruction: 'now', window: { tokens, estimate } })
      expect(sent(model.calls[0])).toHaveLength(2 + history)
    }
  })

  test('system message and instruction are sent also when they alone are too much', async () => {
    const { session, branch, model } = await talk(turns(3), { tokens: 1 })
    await session.conduct('communicate', branch, { instruction: 'now' })
    expect(sent(model.calls[0])).toEqual(['Be brief.', 'now'])
  })

  test('estimates a token for every four characters of whatever is sent', async () => {
    const context = Array.from({ length: 100 }, () => 'word')
    const output = 'x'.repeat(400)
    const history = [
      Message.instruction('q', { context }),
      new Message({ content: { type: 'action-request', calls: [call('1')] } }),
      new Message({ content: { type: 'action-response', outcomes: [{ ...call('1'), output }] } }),
      Message.assistant('y'.repeat(400)),
    ]
    const lengthIn = async (tokens: number): Promise<number> => {
      const { session, branch, model } = await talk(history, { tokens })
      await session.conduct('communicate', branch, { instruction: 'now' })
      return sent(model.calls[0]).length
    }
    // About 175 for the context, 100 for the result, 100 for the answer, and a few for each message.
    expect(await lengthIn(250)).toBe(2)
    expect(await lengthIn(350)).toBe(4)
    expect(await lengthIn(450)).toBe(6)
  })
})

describe('a window with a summary', () => {
  const after = 4
  const window: ContextWindow = { summary: { after, keep: 2, imodel: 'small' } }

  async function chat(count: number, replies: Parameters<typeof scriptedModel>[0] = 'short') {
    const small = scriptedModel(replies, { name: 'small', usage: { inputTokens: 100, outputTokens: 7 } })
    const model = scriptedModel('fine', { name: 'large', usage: { inputTokens: 1, outputTokens: 1 } })
    const made = await talk(turns(count), undefined, model)
    made.session.services.register(small)
    return { ...made, small }
  }

  test('stands in place of what it sums up, is a user’s word, and is made by the model that is named', async () => {
    const { session, branch, model, small } = await chat(3)
    await session.conduct('communicate', branch, { instruction: 'now', window })
    expect(sent(model.calls[0])).toEqual([
      'Be brief.',
      'What was said before, 4 messages in short:\n\nshort',
      'q3',
      'a3',
      'now',
    ])
    expect(model.calls[0]?.messages[1]).toMatchObject({ role: 'user', metadata: { summaryOf: 4 } })
    const [asked] = small.calls[0]?.messages ?? []
    expect(asked).toMatchObject({
      content: { context: '### user\n\nq1\n\n### assistant\n\na1\n\n### user\n\nq2\n\n### assistant\n\na2' },
    })
    // The history is what was said, and nothing else.
    expect((await branch.messages()).map(({ text }) => text)).toEqual([
      ...['Be brief.', 'q1', 'a1', 'q2', 'a2', 'q3', 'a3', 'now', 'fine'],
    ])
  })

  test('is not made where there is little to sum up', async () => {
    const { session, branch, model, small } = await chat(2)
    await session.conduct('communicate', branch, { instruction: 'now', window })
    expect(sent(model.calls[0])).toHaveLength(6)
    expect(small.calls).toHaveLength(0)
  })

  test('is made once for the same past, by whoever comes first, and the next one goes on from it', async () => {
    const { session, branch, model, small } = await chat(3, ['first', 'second'])
    const fork = await branch.fork()
    const builder = new Builder({ session })
    builder.communicate({ instruction: 'now', branch, window })
    builder.communicate({ instruction: 'now', branch: fork, window })
    const results = await flow(builder)
    expect(small.calls).toHaveLength(1)
    for (const request of model.calls) expect(sent(request)[1]).toContain('first')
    // Its tokens count, and once.
    expect(results.usage).toMatchObject({ inputTokens: 102, outputTokens: 9 })

    // q3, a3, now and fine stand behind the summary: four are not yet too many.
    await session.conduct('communicate', branch, { instruction: 'more', window })
    expect(small.calls).toHaveLength(1)
    await session.conduct('communicate', branch, { instruction: 'and more', window })
    expect(small.calls).toHaveLength(2)
    const [asked] = small.calls[1]?.messages ?? []
    expect(asked).toMatchObject({
      content: { context: expect.stringMatching(/^### summary of what came before\n\nfirst\n\n### user\n\nq3\n/) },
    })
    expect(sent(model.calls.at(-1)).slice(1)).toEqual([
      'What was said before, 8 messages in short:\n\nsecond',
      'more',
      'fine',
      'and more',
    ])
  })

  test('another past is another summary, also where it ends with the same message', async () => {
    const { session, branch, small } = await chat(3, ({ messages: [asked] }) => JSON.stringify(asked).slice(0, 10))
    const messages = await branch.messages()
    const other = await session.createBranch({ name: 'other' })
    await other.append({ role: 'user', content: 'secret' }, ...messages.slice(2))
    await session.conduct('communicate', branch, { instruction: 'now', window })
    await session.conduct('communicate', other, { instruction: 'now', window })
    expect(small.calls).toHaveLength(2)
  })

  test('shows how its call ended, and no word of it', async () => {
    const { session, branch } = await chat(3)
    const builder = new Builder({ session })
    builder.communicate({ name: 'a', instruction: 'now', branch, window })
    const { tuples } = await read(flowStream(builder))
    expect(saidBy(tuples, 'a')).toEqual([
      ...['operation-start', 'finish', 'message-start', 'text-start', 'fine', 'text-end', 'finish', 'operation-end'],
    ])
  })

  test('sums up tools by what they were asked and gave, and follows an instruction of your own', async () => {
    const { session, branch, small } = await chat(0)
    await branch.append(Message.instruction('work'), ...step('1'), Message.assistant('done'), ...turns(1))
    const own: ContextWindow = { summary: { after: 3, keep: 2, imodel: 'small', instruction: 'In French.' } }
    await session.conduct('communicate', branch, { instruction: 'now', window: own })
    expect(small.calls[0]?.messages).toMatchObject([
      {
        content: {
          instruction: 'In French.',
          context: expect.stringMatching(/calls look: \{\}.*look gave: x.*done$/s),
        },
      },
    ])
  })

  test('is made by the operation’s own model where nobody is named', async () => {
    const { session, branch, model } = await chat(3)
    await session.conduct('communicate', branch, { instruction: 'now', window: { summary: { after, keep: 0 } } })
    expect(model.calls).toHaveLength(2)
    expect(sent(model.calls[1])).toEqual(['Be brief.', 'What was said before, 6 messages in short:\n\nfine', 'now'])
  })

  test('a summary that fails fails the operation, and is tried again by whoever wants it next', async () => {
    const { session, branch, small } = await chat(3, [new BraidError('overloaded', 'later'), '', 'short'])
    await thrown('overloaded', () => session.conduct('communicate', branch, { instruction: 'one', window }))
    const error = await thrown('invalid_output', () =>
      session.conduct('communicate', branch, { instruction: 'two', window }),
    )
    expect(error.message).toContain('"small"')
    expect(await session.conduct('communicate', branch, { instruction: 'three', window })).toBe('fine')
    expect(small.calls).toHaveLength(3)
  })

  test('a summary that nobody waits for any more is given up, and one that somebody waits for is not', async () => {
    const [begun, go] = [gate(), gate()]
    let stopped = false
    const { session, branch, small, model } = await chat(3, async function* (_, signal) {
      void aborted(signal).then(() => {
        stopped = true
      })
      begun.open()
      await Promise.race([go.opened, aborted(signal)])
      signal.throwIfAborted()
      yield 'short'
    })
    const fork = await branch.fork()
    const builder = new Builder({ session })
    const one = builder.communicate({ instruction: 'now', branch, window })
    builder.communicate({ instruction: 'now', branch: fork, window })
    const stream = flowStream(builder, { onError: 'continue' })
    const results = stream.results
    await begun.opened
    await stream.cancelOperation(one)
    expect(stopped).toBe(false)
    go.open()
    expect((await results).usage).toMatchObject({ inputTokens: 101 })
    expect(small.calls).toHaveLength(1)
    expect(model.calls).toHaveLength(1)
  })

  test('leaving stops the summary that is being made', async () => {
    const begun = gate()
    let stopped = false
    const { session, branch } = await chat(3, async function* (_, signal) {
      begun.open()
      await aborted(signal)
      stopped = true
      yield* []
      signal.throwIfAborted()
    })
    const builder = new Builder({ session })
    builder.communicate({ instruction: 'now', branch, window })
    const stream = flowStream(builder)
    stream.results.catch(() => {})
    await begun.opened
    await stream.cancel()
    expect(stopped).toBe(true)
  })

  test('a model that the branch forbids makes no summary, and nothing of the turn is left', async () => {
    const { session, small } = await chat(0)
    const branch = await session.createBranch({ resources: ['large'], window: { summary: { after, imodel: 'small' } } })
    await branch.append(...turns(3))
    await thrown('access_denied', () => session.conduct('communicate', branch, { instruction: 'now' }))
    expect(small.calls).toHaveLength(0)
    expect(await branch.messages()).toHaveLength(6)
  })
})

test('a fork has the window of its parent, unless it is told otherwise', async () => {
  const { branch } = await talk([], { last: 2 })
  expect((await branch.fork()).window).toEqual({ last: 2 })
  expect((await branch.fork('all', { window: 'all' })).window).toBe('all')
  expect((await branch.fork('more', { window: { tokens: 5 } })).window).toEqual({ tokens: 5 })
})

test.each([
  [{}, 'one of last, tokens and summary'],
  [{ last: 1, tokens: 1 }, 'one of last, tokens and summary'],
  [{ last: -1 }, '`last`'],
  [{ last: 1.5 }, '`last`'],
  [{ tokens: 0 }, '`tokens`'],
  [{ tokens: 5, estimat: () => 1 }, '`estimat`'],
  [{ tokens: 5, estimate: 4 }, '`estimate`'],
  [{ summary: {} }, '`summary.after`'],
  [{ summary: { after: 2, keep: 3 } }, '`summary.keep`'],
  [{ summary: { after: 2, imodel: 5 } }, '`summary.imodel`'],
  [{ summary: { after: 2, instruction: '' } }, '`summary.instruction`'],
  [5, '`window`'],
])('what is no window is refused at the call: %j', async (wrong, word) => {
  const session = new Session()
  const builder = new Builder({ session })
  const window = wrong as unknown as BranchWindow
  for (const kind of ['communicate', 'react'] as const) {
    const error = await thrown('invalid_plan', () => builder[kind]({ instruction: 'x', window }))
    expect(error.message).toContain(word)
  }
  await thrown('invalid_request', () => session.createBranch({ window }))
  expect(builder.operations).toHaveLength(0)
})

test('generate has no history, and no window', async () => {
  const builder = new Builder()
  await thrown('invalid_plan', () => builder.generate({ instruction: 'x', window: { last: 1 } } as never))
})

test('a branch keeps no functions and no objects in its window: they would be gone when it is read again', async () => {
  const session = new Session()
  const functions = { tokens: 5, estimate: () => 1 } as BranchWindow
  const objects = { summary: { after: 5, imodel: scriptedModel('x') } } as unknown as BranchWindow
  expect((await thrown('invalid_request', () => session.createBranch({ window: functions }))).message).toContain(
    '`estimate`',
  )
  expect((await thrown('invalid_request', () => session.createBranch({ window: objects }))).message).toContain('model')
})
