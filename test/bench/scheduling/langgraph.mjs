import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { graph } from './graph.mjs'
import { perNode } from './per-node.mjs'

const State = Annotation.Root({ nothing: Annotation() })

/** Compiled beforehand, with no checkpointer. `once`: one run of each size, cold, since ten thousand nodes take it minutes. */
export default async function measure({ shape, sizes, once = false }) {
  if (!once) return perNode({ shape, sizes, together: 1 }, compile, run)
  const measured = {}
  for (const size of sizes) {
    const compiled = compile(graph(shape, size), async () => {})
    const startedAt = performance.now()
    await run(compiled)
    measured[size] = ((performance.now() - startedAt) * 1_000) / size
  }
  return measured
}

function run(compiled) {
  return compiled.invoke({}, { recursionLimit: 20_000 })
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
