import { Session } from '@braid/flow'
import { repeat } from '../repeat.mjs'
import { build } from './build.mjs'
import { graph } from './graph.mjs'

/** Making the graph, and nothing else. */
export default async function measure({ shape, sizes }) {
  const session = new Session()
  const operation = async () => {}
  const measured = {}
  for (const size of sizes) {
    const parents = graph(shape, size)
    const time = await repeat({
      prepare: () => parents,
      run: () => build(session, parents, operation),
      together: 10_000 / size,
    })
    measured[size] = (time.wall * 1_000) / size
  }
  return measured
}
