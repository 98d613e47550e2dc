import { createPipeline, family } from '@braid/stream'
import { request } from 'undici'
import { FAMILIES } from '../frames/families.mjs'

/** Braid's pipeline on undici's answer, for protocols whose requests Braid does not write. */
export default function connect({ wire, url }) {
  const manifest = family(FAMILIES[wire])
  return async (word) => {
    const { body } = await request(url, { method: 'POST', body: '{}' })
    const pipeline = createPipeline(manifest)
    for await (const bytes of body) take(pipeline.push(bytes), word)
    take(pipeline.end(), word)
  }
}

function take(chunks, word) {
  for (const chunk of chunks) if (chunk.type === 'text-delta') word()
}
