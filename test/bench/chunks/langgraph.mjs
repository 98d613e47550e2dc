import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { perChunk } from './per-chunk.mjs'

const State = Annotation.Root({ nothing: Annotation() })

/** Parallel nodes that write to the custom stream. */
export default function measure({ operations, each }) {
  return perChunk(
    { operations, each },
    () => compile(operations, each),
    async (compiled) => {
      let count = 0
      for await (const [, chunk] of await compiled.stream({}, { streamMode: 'custom' })) {
        if (chunk.type === 'text-delta') count += 1
      }
      return count
    },
  )
}

function compile(operations, each) {
  const graph = new StateGraph(State)
  for (let place = 0; place < operations; place += 1) {
    const id = `n${place}`
    graph.addNode(id, async (_, config) => {
      for await (const data of say(each)) config.writer([id, { type: 'text-delta', id: 'text-0', data }])
      return {}
    })
    graph.addEdge(START, id)
  }
  return graph.compile()
}

async function* say(each) {
  for (let count = 0; count < each; count += 1) yield 'word '
}
