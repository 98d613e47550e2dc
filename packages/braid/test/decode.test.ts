import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, run, start } from '../../../test/support/program.ts'

const MAIN = fileURLToPath(new URL('../src/command/main.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-decode-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const decode = (...args: string[]): Promise<Ended> => run(MAIN, ['decode', ...args], { cwd: folder })

function recorded(name: string, ...lines: readonly string[]): string {
  const file = join(folder, name)
  writeFileSync(file, lines.join('\n'))
  return file
}

const frame = (delta: object, finish_reason: string | null = null): string =>
  JSON.stringify({
    id: 'c1',
    object: 'chat.completion.chunk',
    model: 'm1',
    choices: [{ index: 0, delta, finish_reason }],
  })
const FRAMES = [
  frame({ content: 'Hel' }),
  frame({ content: 'lo\u001b[2J' }),
  frame({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'look', arguments: '{"at":1}' } }] }),
  frame({}, 'tool_calls'),
  JSON.stringify({ id: 'c1', model: 'm1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } }),
]
const EVENTS = [...FRAMES.map((data) => `data: ${data}\n`), 'data: [DONE]\n', '']
const LINES = `message-start     m1 c1
text-start        text-0
text-delta        "Hel"
text-delta        "lo\\u001b[2J"
text-end          text-0
tool-input-start  look call_1
tool-input-delta  "{\\"at\\":1}"
tool-input-end    call_1
tool-call         look {"at":1} call_1
usage             3 in, 5 out
finish            tool-calls (tool_calls) 3 in, 5 out
`

describe.concurrent('braid decode', () => {
  test('prints what a stream says, one chunk per line, and which API it found', async () => {
    expect(await decode(recorded('whole.sse', ...EVENTS))).toEqual({
      code: 0,
      stdout: LINES,
      stderr: 'braid: read as openai-chat\n',
    })
  })

  test.each([
    ['JSON lines', FRAMES.join('\n')],
    ['one JSON array', `[${FRAMES.join(',\n')}]`],
    [
      'the response headers before it',
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${EVENTS.join('\n')}`,
    ],
  ])('finds the same in %s', async (name, text) => {
    expect(await decode(recorded(`${name}.txt`, text))).toMatchObject({ code: 0, stdout: LINES })
  })

  test('with --json gives each chunk as an object, with --raw also the frame it comes from', async () => {
    const file = recorded('json.sse', ...EVENTS)
    const [chunks, raw] = (await Promise.all([decode(file, '--json'), decode(file, '--json', '--raw')])).map(
      ({ stdout }) =>
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
    ) as [Record<string, unknown>[], Record<string, unknown>[]]
    expect(chunks.map(({ type }) => type)).toEqual(
      LINES.trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    )
    expect(chunks[2]).toEqual({ type: 'text-delta', id: 'text-0', candidate: 0, metadata: {}, data: 'Hel' })
    expect(raw[2]).toEqual({ ...chunks[2], rawResponse: JSON.parse(FRAMES[0]!) })
  })

  test('with --message gives what it comes to, for a person or as JSON', async () => {
    const file = recorded('message.sse', ...EVENTS)
    const [person, json] = await Promise.all([decode(file, '--message'), decode(file, '--message', '--json')])
    expect(person.stdout).toBe('m1\nHello\\u001b[2J\nlook {"at":1} call_1\ntool-calls (tool_calls), 3 in, 5 out\n')
    expect(JSON.parse(json.stdout)).toMatchObject({
      candidate: 0,
      message: { status: 'complete', content: { model: 'm1', finishReason: 'tool-calls' } },
      toolCalls: [{ toolName: 'look', input: { at: 1 } }],
    })
  })

  test('prints what came of a stream that stops, then the error by its name, and fails', async () => {
    const { code, stdout, stderr } = await decode(recorded('torn.sse', EVENTS[0]!, EVENTS[1]!.slice(0, 40)))
    expect(code).toBe(1)
    expect(stdout).toBe('message-start     m1 c1\ntext-start        text-0\ntext-delta        "Hel"\n')
    expect(stderr).toContain('\nstream_truncated: openai-chat: expected the stream to reach its end')
  })

  test.each([
    [
      'a frame that is no JSON',
      [EVENTS[0]!, 'data: {broken\n', ''],
      'malformed_frame: openai-chat: expected a JSON object in frame 2',
    ],
    [
      'an error of the provider',
      [EVENTS[0]!, 'data: {"error":{"type":"overloaded_error","code":429}}\n', ''],
      'overloaded: OpenAI Chat Completions: ',
    ],
  ])('prints what came before %s', async (name, lines, error) => {
    const { code, stdout, stderr } = await decode(recorded(`${name}.sse`, ...lines))
    expect(code).toBe(1)
    expect(stdout).toContain('"Hel"')
    expect(stderr).toContain(error)
    expect(stderr).not.toContain('    at ')
  })

  test('reads a plain answer', async () => {
    const answer = {
      id: 'c1',
      object: 'chat.completion',
      model: 'm1',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 5 },
    }
    const { code, stdout, stderr } = await decode(recorded('answer.json', JSON.stringify(answer, null, 2)))
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'braid: read as openai-chat, a plain answer\n' })
    expect(stdout).toContain('text-delta        "Hello"\n')
  })

  test('reads with the manifest that it is given, and takes no guess', async () => {
    const manifest = recorded(
      'acme.yaml',
      'id: acme',
      'endpoint: { chat: /say }',
      'auth: { type: none }',
      'error_classification: {}',
      'termination: { mapping: { done: stop } }',
      'usage: {}',
      'streaming:',
      '  decoder: { format: sse }',
      '  completion: finish_reason',
      '  event_map:',
      '    - { match: exists($.say), emit: PartialContentDelta, fields: { content: $.say } }',
      '    - { match: exists($.over), emit: FinalCandidate, fields: { finish_reason: $.over } }',
    )
    const stream = recorded('acme.sse', 'data: {"say":"Hello"}\n', 'data: {"over":"done"}\n', '')
    const [given, guessed] = await Promise.all([decode(stream, '--manifest', manifest), decode(stream)])
    expect(given).toMatchObject({ code: 0, stderr: '' })
    expect(given.stdout).toMatch(/^text-delta {8}"Hello"$.*^finish {12}stop \(done\)/ms)
    expect(guessed).toMatchObject({ code: 1, stdout: '' })
    expect(guessed.stderr).toContain('braid: Expected the answer of an API that Braid knows, found text')
  })

  test('with --frames gives the frames, whatever API they belong to', async () => {
    const stream = recorded('frames.sse', 'event: tick\ndata: {"n":1}\n', 'data: two\n', '')
    const [person, json] = await Promise.all([decode(stream, '--frames'), decode(stream, '--frames', '--json')])
    expect(person).toEqual({ code: 0, stdout: 'tick {"n":1}\ntwo\n', stderr: '' })
    expect(json.stdout).toBe('{"event":"tick","data":"{\\"n\\":1}"}\n{"data":"two"}\n')
  })

  test.each([
    [[], 'which file?'],
    [['missing.sse'], 'missing.sse; it cannot be read (ENOENT)'],
    [['x.sse', '--api', 'opnai'], 'there is no API "opnai"; there are: openai-chat, '],
    [['x.sse', '--api', 'gemini', '--manifest', 'x.yaml'], 'expected --api or --manifest, found both'],
  ])('%j fails with one sentence', async (args, says) => {
    const { code, stdout, stderr } = await decode(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^braid: .*\n$/)
    expect(stderr).toContain(says)
  })

  test('reads the standard input as it comes: the first chunks are shown while the stream is open', async () => {
    const program = start(MAIN, ['decode', '-'], { cwd: folder, stdin: true })
    program.process.stdin?.write(`${EVENTS[0]}\n`)
    await program.printed('"Hel"')
    program.process.stdin?.end(EVENTS.slice(1).join('\n'))
    expect(await program.ended).toMatchObject({ code: 0, stdout: LINES })
  })
})
