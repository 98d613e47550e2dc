import { iModel } from '@braid/models'

const MODELS = { openai: 'openai/gpt-4o-mini', anthropic: 'anthropic/claude-sonnet-4-20250514' }

/** Braid, chunk by chunk. */
export default function connect({ wire, url }) {
  const model = new iModel(MODELS[wire], { baseUrl: url, apiKey: 'none' })
  return async (word) => {
    for await (const chunk of model.invoke('Speak')) if (chunk.type === 'text-delta') word()
  }
}
