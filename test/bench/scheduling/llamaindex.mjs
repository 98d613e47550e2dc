import { createWorkflow, workflowEvent } from '@llamaindex/workflow-core'
import { perNode } from './per-node.mjs'

/** One event for each node, sent when its last parent has ended. A chain is sent from inside of itself, so that a long one overflows the stack. */
export default function measure({ shape, sizes }) {
  return perNode({ shape, sizes, together: 1 }, compile, ({ workflow, start, end }) => {
    const { stream, sendEvent } = workflow.createContext()
    sendEvent(start.with())
    return stream.until(end).toArray()
  })
}

/**
 * @param {number[][]} parents
 * @param {() => Promise<void>} operation
 */
function compile(parents, operation) {
  const workflow = createWorkflow()
  const start = workflowEvent()
  const end = workflowEvent()
  const nodes = parents.map(() => workflowEvent())
  const children = parents.map(() => [])
  parents.forEach((each, place) => {
    for (const parent of each) children[parent].push(place)
  })
  const unmet = parents.map((each) => each.length)
  let left = parents.length
  workflow.handle([start], (context) => {
    for (const [place, node] of nodes.entries()) if (unmet[place] === 0) context.sendEvent(node.with())
  })
  for (const [place, node] of nodes.entries()) {
    workflow.handle([node], async (context) => {
      await operation()
      for (const child of children[place]) {
        unmet[child] -= 1
        if (unmet[child] === 0) context.sendEvent(nodes[child].with())
      }
      left -= 1
      return left === 0 ? end.with() : undefined
    })
  }
  return { workflow, start, end }
}
