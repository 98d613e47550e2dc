import { iModel } from '@braid/models'
import { MODELS } from '../frames/families.mjs'

/** Braid, all the chunks of a network read together. */
export default function connect({ wire, url }) {
  const model = new iModel(MODELS[wire], { baseUrl: url, apiKey: 'none' })
  return async (word) => {
    for await (const batch of model.invoke('Speak').batches()) {
      for (const chunk of batch) if (chunk.type === 'text-delta') word()
    }
  }
}
