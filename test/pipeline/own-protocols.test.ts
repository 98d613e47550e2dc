import { family } from '@braid/stream'
import { describeShared } from '../support/shared.ts'
import { readCases } from './every-way.ts'

describeShared('the recorded streams of providers with a protocol of their own', ({ corpus }) =>
  readCases(corpus, {
    'cohere-v2 sse': family('cohere-v2'),
    'ollama jsonl': family('ollama'),
    'watsonx sse': family('watsonx'),
  }),
)
