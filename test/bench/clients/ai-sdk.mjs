import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'

/** Its `fullStream`, which is what has everything in it, as Braid's chunks have. */
export default function connect({ wire, url }) {
  const model =
    wire === 'openai'
      ? createOpenAI({ baseURL: url, apiKey: 'none' }).chat('gpt-4o-mini')
      : createAnthropic({ baseURL: url, apiKey: 'none' })('claude-sonnet-4-20250514')
  return async (word) => {
    for await (const part of streamText({ model, prompt: 'Speak' }).fullStream) if (part.type === 'text-delta') word()
  }
}
