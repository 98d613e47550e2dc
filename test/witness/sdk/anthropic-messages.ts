import Anthropic from '@anthropic-ai/sdk'
import type { BetaContentBlock, BetaMessage } from '@anthropic-ai/sdk/resources/beta/messages/messages'
import { type Call, type Choice, countsOf } from '../hearing.ts'
import type { Witness } from '../witness.ts'

/** The accumulator of `beta.messages.stream`, which knows more kinds of blocks than that of `messages.stream`. Refusals are no words of it. */
export const anthropicMessages: Witness = {
  sdk: '@anthropic-ai/sdk',
  api: 'anthropic-messages',
  async hear(url) {
    const client = new Anthropic({ apiKey: 'any', baseURL: url, maxRetries: 0, logLevel: 'off' })
    const stream = client.beta.messages.stream({
      model: 'recorded',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'Go on.' }],
    })
    let snapshot: BetaMessage | undefined
    stream.on('streamEvent', (_, current) => {
      snapshot = current
    })
    let error: unknown
    try {
      snapshot = await stream.finalMessage()
    } catch (thrown) {
      error = thrown
    }
    const usage = snapshot?.usage
    return {
      choices: snapshot === undefined ? {} : { 0: choiceOf(snapshot) },
      usage,
      counts: countsOf({
        input: usage?.input_tokens,
        output: usage?.output_tokens,
        cached: usage?.cache_read_input_tokens,
        cacheWrite: usage?.cache_creation_input_tokens,
        reasoning: usage?.output_tokens_details?.thinking_tokens,
      }),
      ...(error === undefined ? {} : { error }),
    }
  },
}

function choiceOf({ content, stop_reason }: BetaMessage): Choice {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content.flatMap(callOf),
    finishReason: stop_reason,
  }
}

function callOf(block: BetaContentBlock): Call[] {
  if (block.type !== 'tool_use' && block.type !== 'server_tool_use' && block.type !== 'mcp_tool_use') return []
  return [{ id: block.id, name: block.name, input: block.input, theirs: block.type !== 'tool_use' }]
}
