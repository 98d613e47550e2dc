import { readFileSync } from 'node:fs'
import { type ManifestSource, manifests } from '@braid/stream'
import { expect, test } from 'vitest'

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const document = read('docs/manifests.md')

test('the manifest in docs/manifests.md is the one of example 19', () => {
  const [, example] = /```yaml\n(.*?)```/s.exec(document) ?? []
  expect(example).toBe(read('examples/19-own-provider.yaml'))
})

test.each(Object.entries<ManifestSource>(manifests))(
  'every field, event and decoder that %s uses is in docs/manifests.md',
  (_, { response, streaming, ...top }) => {
    const rules = [...streaming.event_map, ...(response?.event_map ?? [])]
    const words = [
      ...Object.keys(top),
      ...Object.keys(streaming),
      ...Object.keys(streaming.decoder),
      streaming.decoder.format,
      streaming.completion,
      ...rules.map(({ emit }) => emit),
    ]
    const missing = [...new Set(words)].filter((word) => !new RegExp(`[\`.]${word}[\`.]|\\\`${word}: `).test(document))
    expect(missing).toEqual([])
  },
)
