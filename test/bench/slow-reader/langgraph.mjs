import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { watch } from './watch.mjs'

const State = Annotation.Root({ nothing: Annotation() })

/** Two nodes at once, which write to the custom stream. */
export default function measure(input) {
  return watch(input, (producers) => {
    const graph = new StateGraph(State)
    for (const [index, producer] of producers.entries()) {
      graph.addNode(`n${index}`, async (_, config) => {
        for await (const word of producer.words(config.signal)) config.writer(word)
        return {}
      })
      graph.addEdge(START, `n${index}`)
    }
    return graph.compile().stream({}, { streamMode: 'custom' })
  })
}
