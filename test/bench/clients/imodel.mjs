import { iModel } from '@braid/models'
import { MODELS } from '../frames/families.mjs'

/** Braid, chunk by chunk. */
export default function connect({ wire, url }) {
  const model = new iModel(MODELS[wire], { baseUrl: url, apiKey: 'none' })
  return async (word) => {
    for await (const chunk of model.invoke('Speak')) if (chunk.type === 'text-delta') word()
  }
}
