import { ChunkStream, NO_METADATA, NO_USAGE } from '@braid/core'
import { Builder, flowStream, Session } from '@braid/flow'
import { perChunk } from './per-chunk.mjs'

const AT_ONCE = 10

/** Operations that ask a model, which answers in arrays, as they come off a socket; the answer is put together as well. */
export default function measure({ operations, each }) {
  const session = new Session({ imodel: model(each) })
  return perChunk(
    { operations, each },
    () => {
      const builder = new Builder({ session })
      for (let count = 0; count < operations; count += 1) builder.generate({ instruction: 'Speak' })
      return builder
    },
    async (builder) => {
      let count = 0
      for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'text-delta') count += 1
      return count
    },
  )
}

/** @returns {import('@braid/core').Model} */
function model(each) {
  return { name: 'speaker', provider: 'bench', model: 'speaker', invoke: () => new ChunkStream(() => answer(each)) }
}

async function* answer(each) {
  const base = { candidate: 0, metadata: NO_METADATA }
  yield [
    { type: 'message-start', id: 'answer', model: 'speaker', ...base },
    { type: 'text-start', id: 'text-0', ...base },
  ]
  for (let said = 0; said < each; said += AT_ONCE) yield Array.from({ length: Math.min(AT_ONCE, each - said) }, delta)
  yield [
    { type: 'text-end', id: 'text-0', ...base },
    { type: 'finish', finishReason: 'stop', usage: NO_USAGE, ...base },
  ]
}

function delta() {
  return { type: 'text-delta', id: 'text-0', data: 'word ', candidate: 0, metadata: NO_METADATA }
}
