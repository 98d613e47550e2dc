import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Manifest } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { differences } from '../conformance/difference.ts'
import { describeShared } from '../support/shared.ts'
import { cutAtRandom, essence, firstDifference, read } from './reading.ts'

/** Whose recorded streams a manifest is given, and over which API. */
const STREAMS: Readonly<Record<string, { readonly provider: string; readonly api: string }>> = {
  openai: { provider: 'openai', api: 'openai-chat' },
  anthropic: { provider: 'anthropic', api: 'anthropic-messages' },
  gemini: { provider: 'google', api: 'gemini' },
  google: { provider: 'google', api: 'gemini' },
  cohere: { provider: 'cohere', api: 'cohere-v2' },
  deepseek: { provider: 'deepseek', api: 'openai-chat' },
}

interface Document {
  readonly streaming: { readonly event_map: readonly unknown[] } & Readonly<Record<string, unknown>>
}

/** The manifest without one of its rules, or one of the fields that say how its streams are read. */
function* thinner(document: Document): Generator<readonly [missing: string, document: object]> {
  const { streaming } = document
  for (const [name, value] of Object.entries(streaming)) {
    if (name !== 'event_map') yield [name, { ...document, streaming: { ...streaming, [name]: undefined } }]
    for (const index of Array.isArray(value) ? value.keys() : []) {
      const event_map = streaming.event_map.filter((_, at) => at !== index)
      yield [`rule ${index}`, { ...document, streaming: { ...streaming, event_map } }]
    }
  }
}

describeShared("ai-protocol's own manifests", ({ corpus, root }) => {
  const files = ['v1', 'v2'].flatMap((version) =>
    readdirSync(join(root, 'manifests', version, 'providers')).map((file) => [version, file] as const),
  )
  describe.each(files)('%s %s', (version, file) => {
    const manifest = Manifest.parse(readFileSync(join(root, 'manifests', version, 'providers', file), 'utf8'))
    const streams = STREAMS[manifest.id]
    const cases = corpus.cases.filter(
      ({ api, provider, wire }) => provider === streams?.provider && api === streams.api && wire === 'sse',
    )
    it.each(cases.map((each) => [each.id, each] as const))('%s', (_, streamCase) => {
      const bytes = corpus.bytes(streamCase)
      const whole = read(manifest, [bytes])
      expect(differences(whole, corpus.expected(streamCase))).toEqual([])
      expect(firstDifference(essence(read(manifest, cutAtRandom(bytes, 7))), essence(whole))).toBeUndefined()
    })
    it.each([...thinner(manifest.data['upstream'] as Document)])('reads them without %s as well', (_, document) => {
      const manifest = Manifest.parse(document)
      for (const streamCase of cases.slice(0, 12))
        expect(differences(read(manifest, [corpus.bytes(streamCase)]), corpus.expected(streamCase))).toEqual([])
    })
  })

  it('are in docs/official-manifests.md, with what each of them lacks', () => {
    const rows = files.flatMap(([version, file]) => {
      const manifest = Manifest.parse(readFileSync(join(root, 'manifests', version, 'providers', file), 'utf8'))
      const name = `${version}/${file.replace('.yaml', '')}`
      return manifest.remarks.map(({ field, kind, text }) => [name, manifest.mapper, kind, `\`${field}\``, text])
    })
    const document = readFileSync(new URL('../../docs/official-manifests.md', import.meta.url), 'utf8')
    const listed = document.split('\n').filter((line) => line.startsWith('| v'))
    expect(listed.map((line) => line.split(' | ').map((cell) => cell.replace(/^\|?\s+|\s+\|?$/g, '')))).toEqual(rows)
  })

  describe('one that says no more than where its provider is reads every server that is compatible with OpenAI', () => {
    const thin = Manifest.parse({ id: 'thin', protocol_version: '1.1', base_url: 'https://api.thin.example/v1' })
    const cases = corpus.cases.filter(({ api }) => api === 'openai-chat')
    it.each(cases.map((each) => [each.id, each] as const))('%s', (_, streamCase) => {
      expect(differences(read(thin, [corpus.bytes(streamCase)]), corpus.expected(streamCase))).toEqual([])
    })
  })
})
