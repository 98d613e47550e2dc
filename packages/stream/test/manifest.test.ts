import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Assembler } from '@braid/core'
import { family, Manifest, type ManifestSource, manifests } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, only, read, sse, textOf } from './reading.ts'

/** A provider that nobody has heard of, as a user would write it. */
const ACME = `
id: acme
payload_format: openai_style
endpoint:
  base_url: https://api.acme.example/v1
  chat: /talk
auth: { type: bearer, token_env: ACME_KEY }
error_classification:
  by_error_code: { tired: overloaded }
  paths: { code: [$.trouble.kind] }
termination:
  mapping: { done: stop }
usage: { output: $.words }
streaming:
  decoder: { format: json_lines }
  frame_selector: exists($.answers) || exists($.trouble)
  candidate: { candidate_id_path: '$.answers[*].number' }
  event_map:
    - { match: 'exists($.answers[*])', emit: MessageStart, fields: { model: $.engine } }
    - { match: "$.answers[*].pieces[*].kind == 'say'", emit: PartialContentDelta, fields: { content: '$.answers[*].pieces[*].words', mood: '$.answers[*].mood' } }
    - { match: "$.answers[*].pieces[*].kind == 'do'", emit: PartialToolCall, fields: { tool_name: '$.answers[*].pieces[*].what', arguments: '$.answers[*].pieces[*].with' } }
    - { match: '$.answers[*].over', emit: FinalCandidate, fields: { finish_reason: 'done' } }
    - { match: exists($.count), emit: Metadata, fields: { usage: $.count } }
    - { match: exists($.trouble), emit: StreamError }
  completion: finish_reason
`

const lines = (...frames: readonly object[]) => frames.map((frame) => `${JSON.stringify(frame)}\n`).join('')

describe('a manifest', () => {
  it('in YAML is enough to read a provider that nobody has heard of', () => {
    const stream = lines(
      {
        engine: 'acme-1',
        answers: [
          { number: 1, pieces: [{ kind: 'say', words: 'second' }] },
          {
            number: 0,
            mood: 'glad',
            pieces: [
              { kind: 'say', words: 'fir' },
              { kind: 'do', what: 'tide', with: { at: 1 } },
              { kind: 'say', words: 'st' },
            ],
          },
        ],
      },
      {
        answers: [
          { number: 0, over: true },
          { number: 1, over: true },
        ],
        count: { words: 3 },
      },
      { weather: 'fine' },
    )
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(Manifest.parse(ACME), pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks, 0)).toBe('first')
      expect(textOf(chunks, 1)).toBe('second')
      expect(chunks.filter((chunk) => chunk.candidate === 0).map((chunk) => chunk.type)).toEqual([
        'message-start',
        'text-start',
        'text-delta',
        'text-end',
        'tool-input-start',
        'tool-input-delta',
        'tool-input-end',
        'tool-call',
        'text-start',
        'text-delta',
        'text-end',
        'usage',
        'raw',
        'finish',
      ])
      expect(only(chunks, 'text-delta').find((delta) => delta.candidate === 0)?.metadata).toEqual({ mood: 'glad' })
      expect(only(chunks, 'finish').map((finish) => finish.usage.outputTokens)).toEqual([3, 3])
    }
    expect(read(Manifest.parse(ACME), [lines({ trouble: { kind: 'tired' } })]).error?.code).toBe('overloaded')
  })

  it('loads from a file, and says so when it cannot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'braid-manifest-'))
    try {
      const file = join(folder, 'acme.yaml')
      await writeFile(file, ACME)
      expect((await Manifest.load(file)).id).toBe('acme')
      await expect(Manifest.load(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'invalid_manifest' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('of a built-in family survives being written down as JSON', () => {
    for (const source of Object.values(manifests)) {
      expect(Manifest.parse(JSON.stringify(source)).data).toEqual(Manifest.parse(source).data)
    }
  })

  it('compiles for each pipeline apart: two streams do not see each other', () => {
    const manifest = family('openai-chat')
    const one = sse({
      id: 'a',
      model: 'm',
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: '{' } }] } }],
    })
    read(manifest, [one])
    const { chunks } = read(manifest, [
      one,
      sse({
        choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] }, finish_reason: 'tool_calls' }],
      }),
    ])
    expect(only(chunks, 'tool-call')).toMatchObject([{ rawInput: '{}', input: {} }])
  })

  const base: ManifestSource = manifests['openai-chat']
  const withRule = (rule: object) => ({ ...base, streaming: { ...base.streaming, event_map: [rule] } })
  it.each<[string, object | string, string]>([
    [
      'an unknown decoder',
      { ...base, streaming: { ...base.streaming, decoder: { format: 'morse' } } },
      'streaming.decoder.format',
    ],
    [
      'frames by event where events have no names',
      { ...base, streaming: { ...base.streaming, decoder: { format: 'ndjson', by_event: true } } },
      'streaming.decoder.by_event',
    ],
    [
      'events that are text where frames are not read by event',
      { ...base, streaming: { ...base.streaming, decoder: { format: 'sse', text_events: ['output'] } } },
      'streaming.decoder.text_events',
    ],
    ['a field that would do nothing', { ...base, streaming: { ...base.streaming, stop: 'x' } }, 'streaming'],
    ['an event that nobody knows', withRule({ emit: 'Telepathy' }), 'streaming.event_map.0.emit'],
    ['a base address that is none', { ...base, endpoint: { base_url: 'here', chat: '/x' } }, 'endpoint.base_url'],
    ['a condition that does not parse', withRule({ match: '$.a ==', emit: 'Ping' }), 'streaming.event_map[0]'],
    [
      'a path that does not parse',
      withRule({ emit: 'PartialContentDelta', fields: { content: '$.a[' } }),
      'streaming.event_map[0]',
    ],
    [
      'a rule over two arrays at once',
      withRule({ emit: 'Source', fields: { url: '$.a[*].x', title: '$.b[*].y' } }),
      'same arrays',
    ],
    [
      'a selector that does not parse',
      { ...base, streaming: { ...base.streaming, frame_selector: 'yes' } },
      'condition',
    ],
    ['models by a pattern that is none', { ...base, structured_output: { mode: 'none', models: '(' } }, 'models'],
    ['ids by a pattern that is none', { ...base, tools: { call_ids: { pattern: '[', length: 9 } } }, 'tools'],
    [
      'a mode for schemas without a place for one',
      { ...base, structured_output: { mode: 'json_schema', body: { format: 'json' } } },
      'structured_output.body',
    ],
    ['text that is no YAML', 'a: [b', 'YAML'],
    ['a list', '- a', 'all of it'],
  ])('with %s is refused, naming the field', (_, source, field) => {
    expect(() => Manifest.parse(source)).toThrow(
      expect.objectContaining({ code: 'invalid_manifest', message: expect.stringContaining(field) }),
    )
  })

  it('has a rule for what a provider takes back', () => {
    const rules = ACME.replace(
      '  event_map:',
      "  event_map:\n    - { match: 'exists($.answers[*].no)', emit: Redaction, fields: { index: '$.answers[*].no' } }\n    - { match: '$.answers[*].all', emit: Redaction }",
    ).replace(
      "content: '$.answers[*].pieces[*].words'",
      "content: '$.answers[*].pieces[*].words', index: '$.answers[*].block'",
    )
    const say = (block: number, words: string) => ({ number: 0, block, pieces: [{ kind: 'say', words }] })
    const { chunks } = read(Manifest.parse(rules), [
      lines(
        { engine: 'e', answers: [say(1, 'good')] },
        { answers: [say(2, 'bad')] },
        { answers: [{ number: 0, no: 2 }] },
        { answers: [{ number: 0, over: true }] },
      ),
    ])
    const message = new Assembler()
    for (const chunk of chunks) message.push(chunk)
    expect(only(chunks, 'redaction')).toMatchObject([{ id: 'text-1' }])
    expect(message.snapshot().text).toBe('good')
  })

  it('keeps fields that only describe', () => {
    expect(Manifest.parse({ ...base, pricing: { input: 1 } }).data['pricing']).toEqual({ input: 1 })
  })
})
