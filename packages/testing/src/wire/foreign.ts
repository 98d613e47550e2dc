import { string } from './json.ts'
import { openaiChat } from './openai-chat.ts'
import type { Wire } from './wire.ts'

/**
 * A path that belongs to none of the APIs here: it can be answered with recorded bytes only, so it frames nothing itself. Errors have
 * OpenAI's shape, which most others have copied.
 */
export const foreign: Wire = {
  ...openaiChat,
  api: undefined,
  // The fields that Responses, Bedrock, Cohere and Ollama put their text in.
  anatomy: { text: /"(?:text|content|delta|response)":\s*"(?=[^"])/, closing: /^data:\s*\[DONE\]|"done":\s*true/ },
  owns: () => true,
  read: (body) => ({
    model: string(body['model']),
    messages: [],
    tools: [],
    toolChoice: undefined,
    schema: undefined,
    toolResults: [],
    framing: 'sse',
    candidates: 1,
  }),
  *frames() {},
}
