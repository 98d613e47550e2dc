import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { perNode } from './per-node.mjs'

/** Ten thousand nodes take it minutes. */
const MOST = 1_000

const State = Annotation.Root({ nothing: Annotation() })

/** Compiled beforehand, with no checkpointer. */
export default function measure({ shape, sizes }) {
  const some = sizes.filter((size) => size <= MOST)
  return perNode({ shape, sizes: some, together: 1 }, compile, (compiled) =>
    compiled.invoke({}, { recursionLimit: 20_000 }),
  )
}

/**
 * @param {number[][]} parents
 * @param {() => Promise<void>} operation
 */
function compile(parents, operation) {
  const graph = new StateGraph(State)
  for (const place of parents.keys()) graph.addNode(`n${place}`, () => operation().then(() => ({})))
  parents.forEach((each, place) => {
    const from = each.map((parent) => `n${parent}`)
    // An edge from a list waits for all of it.
    graph.addEdge(from.length === 0 ? START : from.length === 1 ? from[0] : from, `n${place}`)
  })
  return graph.compile()
}
