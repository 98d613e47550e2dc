import pLimit from 'p-limit'
import { perNode } from './per-node.mjs'

/** What people write today: a promise per node that waits for its parents' and then takes a slot. */
export default function measure(input) {
  return perNode(
    input,
    (parents, operation) => ({ parents, operation }),
    ({ parents, operation }) => schedule(parents, operation),
  )
}

function schedule(parents, operation) {
  const limit = pLimit(16)
  const promises = []
  for (const each of parents) {
    promises.push(Promise.all(each.map((parent) => promises[parent])).then(() => limit(operation)))
  }
  return Promise.all(promises)
}
