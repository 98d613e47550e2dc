import { flow, Session } from '@braid/flow'
import { build } from './build.mjs'
import { graph } from './graph.mjs'

/** The first and only run of a process: nothing is compiled yet. */
export default async function measure({ shape, sizes: [size] }) {
  const builder = build(new Session(), graph(shape, size), async () => {})
  const start = performance.now()
  await flow(builder)
  return { [size]: ((performance.now() - start) * 1_000) / size }
}
