import { explained } from './explained/gemini.ts'
import { gemini } from './sdk/gemini.ts'
import { testify } from './witness.ts'

testify(gemini, explained)
