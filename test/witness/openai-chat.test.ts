import { explained } from './explained/openai-chat.ts'
import { openaiChat } from './sdk/openai-chat.ts'
import { testify } from './witness.ts'

testify(openaiChat, explained)
