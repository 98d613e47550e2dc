import { explained } from './explained/anthropic-messages.ts'
import { anthropicMessages } from './sdk/anthropic-messages.ts'
import { testify } from './witness.ts'

testify(anthropicMessages, explained)
