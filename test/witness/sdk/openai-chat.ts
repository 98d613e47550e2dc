import OpenAI from 'openai'
import type { ChatCompletionSnapshot } from 'openai/lib/ChatCompletionStream'
import { type Choice, countsOf, parsed } from '../hearing.ts'
import type { Witness } from '../witness.ts'

/** The accumulator of `chat.completions.stream`. It has no word for reasoning. */
export const openaiChat: Witness = {
  sdk: 'openai',
  api: 'openai-chat',
  async hear(url) {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${url}/v1`, maxRetries: 0, logLevel: 'off' })
    const stream = client.chat.completions.stream({
      model: 'recorded',
      messages: [{ role: 'user', content: 'Go on.' }],
      stream_options: { include_usage: true },
    })
    let snapshot: ChatCompletionSnapshot | undefined
    stream.on('chunk', (_, current) => {
      snapshot = current
    })
    let usage: OpenAI.CompletionUsage | undefined
    let error: unknown
    try {
      usage = (await stream.finalChatCompletion()).usage
    } catch (thrown) {
      error = thrown
    }
    return {
      choices: Object.fromEntries((snapshot?.choices ?? []).map((choice) => [choice.index, choiceOf(choice)])),
      usage,
      counts: countsOf({
        input: usage?.prompt_tokens,
        output: usage?.completion_tokens,
        total: usage?.total_tokens,
        cached: usage?.prompt_tokens_details?.cached_tokens,
        reasoning: usage?.completion_tokens_details?.reasoning_tokens,
      }),
      ...(error === undefined ? {} : { error }),
    }
  },
}

function choiceOf({ message, finish_reason }: ChatCompletionSnapshot.Choice): Choice {
  return {
    text: message.content ?? '',
    refusal: message.refusal ?? '',
    calls: (message.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      input: parsed(call.function.arguments),
      theirs: false,
    })),
    finishReason: finish_reason,
  }
}
