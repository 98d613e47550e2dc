import { Builder, flowStream, Session } from '@braid/flow'
import { watch } from './watch.mjs'

/** Two operations at once, merged. */
export default function measure(input) {
  return watch(input, async function* (producers) {
    const session = new Session()
    const builder = new Builder({ session })
    for (const producer of producers) builder.task({ run: ({ signal }) => producer.words(signal) })
    for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'text-delta') yield chunk
  })
}
