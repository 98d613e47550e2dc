import { fileURLToPath } from 'node:url'
import { family, Manifest, manifests } from '@braid/stream'
import { describe } from 'vitest'
import { readCorpus } from '../support/corpus.ts'
import { describeShared } from '../support/shared.ts'
import { readCases } from './every-way.ts'

const { gemini } = manifests
const READERS: Readonly<Record<string, Manifest>> = {
  'openai-chat sse': family('openai-chat'),
  'openai-responses sse': family('openai-responses'),
  'openai-completions sse': family('openai-completions'),
  'anthropic-messages sse': family('anthropic-messages'),
  'gemini sse': family('gemini'),
  'gemini json-array': Manifest.parse({
    ...gemini,
    streaming: { ...gemini.streaming, decoder: { format: 'gemini_json' } },
  }),
  'gemini-interactions sse': family('gemini-interactions'),
}

describe('the streams of our own making', () => {
  const folder = fileURLToPath(new URL('../streams', import.meta.url))
  const corpus = readCorpus(folder)
  if (!corpus) throw new Error(`There are no streams in ${folder}.`)
  readCases(corpus, READERS)
})

describeShared('the recorded streams of real providers', ({ corpus }) => readCases(corpus, READERS))
