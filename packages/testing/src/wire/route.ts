import { anthropicMessages } from './anthropic-messages.ts'
import { bedrockConverse } from './bedrock-converse.ts'
import { foreign } from './foreign.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import type { Wire } from './wire.ts'

const WIRES: readonly Wire[] = [openaiChat, openaiResponses, anthropicMessages, gemini, bedrockConverse]

/** The wire of the API whose path this is, or that of paths which belong to none. */
export function wireOf(pathname: string): Wire {
  return WIRES.find((wire) => wire.owns(pathname)) ?? foreign
}
