import { family } from '@braid/stream'
import { describeShared } from '../support/shared.ts'
import { readCases } from './every-way.ts'

describeShared('the recorded streams of Amazon Bedrock', ({ corpus }) =>
  readCases(corpus, {
    'bedrock-converse eventstream': family('bedrock-converse'),
    'bedrock-invoke eventstream': family('bedrock-invoke'),
    'bedrock-agent eventstream': family('bedrock-agent'),
  }),
)
