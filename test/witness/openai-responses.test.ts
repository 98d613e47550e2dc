import { explained } from './explained/openai-responses.ts'
import { openaiResponses } from './sdk/openai-responses.ts'
import { testify } from './witness.ts'

testify(openaiResponses, explained)
