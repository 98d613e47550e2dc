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

/** The document around the table. `vitest run test/pipeline/official-manifests.test.ts -u` writes it again. */
const TABLE = `# What ai-protocol's manifests lack

Each of them, given recorded streams of its provider, reads text, tool calls, usage and finish reasons. This is what \`Manifest.parse(…).remarks\`
says of how; [manifests.md](manifests.md) says what the words mean. Written by \`test/pipeline/official-manifests.test.ts\`, which fails when it is not true any more.

- \`filled\`: the manifest says nothing of it; what fills it in is named.
- \`overruled\`: it reads where its provider does not have it, or not all of it; the right place is read as well.
- \`added\`: it reads something that its family does not know.
- \`unused\`: it has no effect.
- \`wrong\`: its provider has it otherwise; kept as it is written. Braid's built-in manifest has it right.`

describeShared("ai-protocol's own manifests", ({ corpus, root }) => {
  const files = ['v1', 'v2'].flatMap((version) =>
    readdirSync(join(root, 'manifests', version, 'providers')).map((file) => [version, file] as const),
  )
  describe.each(files)('%s %s', (version, file) => {
    const manifest = Manifest.parse(readFileSync(join(root, 'manifests', version, 'providers', file), 'utf8'))
    const streams = STREAMS[manifest.id]!
    const cases = corpus.cases.filter(
      ({ api, provider, wire }) => provider === streams.provider && api === streams.api && wire === 'sse',
    )
    it.each(cases.map((each) => [each.id, each] as const))('%s', (_, streamCase) => {
      const bytes = corpus.bytes(streamCase)
      const whole = read(manifest, [bytes])
      expect(differences(whole, corpus.expected(streamCase))).toEqual([])
      expect(firstDifference(essence(read(manifest, cutAtRandom(bytes, 7))), essence(whole))).toBeUndefined()
    })
  })

  it('are listed with what each of them lacks', async () => {
    const rows = files.flatMap(([version, file]) => {
      const { mapper, remarks } = Manifest.parse(
        readFileSync(join(root, 'manifests', version, 'providers', file), 'utf8'),
      )
      const name = `${version}/${file.replace('.yaml', '')}`
      return remarks.map(({ field, kind, text }) => `| ${name} | ${mapper} | ${kind} | \`${field}\` | ${text} |`)
    })
    const table = ['| manifest | mapper | | field | what of it |', '|---|---|---|---|---|', ...rows]
    await expect(`${TABLE}\n\n${table.join('\n')}\n`).toMatchFileSnapshot('../../docs/official-manifests.md')
  })

  describe('one that says no more than where its provider is reads every server that is compatible with OpenAI', () => {
    const thin = Manifest.parse({ id: 'thin', protocol_version: '1.1', base_url: 'https://api.thin.example/v1' })
    const cases = corpus.cases.filter(({ api }) => api === 'openai-chat')
    it.each(cases.map((each) => [each.id, each] as const))('%s', (_, streamCase) => {
      expect(differences(read(thin, [corpus.bytes(streamCase)]), corpus.expected(streamCase))).toEqual([])
    })
  })
})
