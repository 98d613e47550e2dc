import { iModel } from '@braid/models'

const MODELS = { openai: 'openai/gpt-4o-mini', anthropic: 'anthropic/claude-sonnet-4-20250514' }

/** Braid, all the chunks of a network read together. */
export default function connect({ wire, url }) {
  const model = new iModel(MODELS[wire], { baseUrl: url, apiKey: 'none' })
  return async (word) => {
    for await (const batch of model.invoke('Speak').batches()) {
      for (const chunk of batch) if (chunk.type === 'text-delta') word()
    }
  }
}
