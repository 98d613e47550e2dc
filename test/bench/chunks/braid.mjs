import { Builder, flowStream, Session } from '@braid/flow'
import { perChunk } from './per-chunk.mjs'

const METADATA = Object.freeze({})

/** Operations that yield one thing at a time: text, which Braid makes chunks of, or chunks. */
export default function measure({ operations, each, yields }) {
  const session = new Session()
  const kind = session.registerOperation('say', yields === 'text' ? text : chunks)
  return perChunk(
    { operations, each },
    () => {
      const builder = new Builder({ session })
      for (let count = 0; count < operations; count += 1) builder.add(`n${count}`, kind, { each })
      return builder
    },
    async (builder) => {
      let count = 0
      for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'text-delta') count += 1
      return count
    },
  )
}

async function* text(_, { each }) {
  for (let count = 0; count < each; count += 1) yield 'word '
}

async function* chunks(_, { each }) {
  for (let count = 0; count < each; count += 1) yield delta('word ')
}

function delta(data) {
  return { type: 'text-delta', id: 'text-0', data, candidate: 0, metadata: METADATA }
}
