import { perNode } from './per-node.mjs'

/** The least that anyone would write by hand: count unmet edges, start what has none left, keep the results. */
export default function measure(input) {
  return perNode(
    input,
    (parents, operation) => ({ parents, operation }),
    ({ parents, operation }) => schedule(parents, operation),
  )
}

/**
 * @param {number[][]} parents
 * @param {() => Promise<void>} operation
 * @returns {Promise<unknown[]>}
 */
function schedule(parents, operation) {
  const unmet = Int32Array.from(parents, (each) => each.length)
  const children = parents.map(() => [])
  parents.forEach((each, place) => {
    for (const parent of each) children[parent].push(place)
  })
  const results = new Array(parents.length)
  let left = parents.length
  return new Promise((resolve, reject) => {
    const start = (place) => {
      operation().then((result) => {
        results[place] = result
        left -= 1
        for (const child of children[place]) {
          unmet[child] -= 1
          if (unmet[child] === 0) start(child)
        }
        if (left === 0) resolve(results)
      }, reject)
    }
    for (const [place, each] of parents.entries()) if (each.length === 0) start(place)
  })
}
