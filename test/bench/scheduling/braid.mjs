import { flow, flowStream, Session } from '@braid/flow'
import { build } from './build.mjs'
import { perNode } from './per-node.mjs'

/** Operations of a kind that does nothing; history in memory, where runs leave no trace. */
export default async function measure({ shape, sizes, concurrency, reader }) {
  const session = new Session()
  const options = concurrency === undefined ? {} : { concurrency }
  return perNode(
    { shape, sizes },
    (parents, operation) => build(session, parents, operation),
    (builder) => (reader ? read(builder, options) : flow(builder, options)),
  )
}

/** With a reader, who is shown every operation's start and end. */
async function read(builder, options) {
  for await (const _ of flowStream(builder, options));
}
