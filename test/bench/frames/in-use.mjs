import { provider } from '../provider/provider.mjs'
import { perFrame } from './per-frame.mjs'

/** A client as its users have it, over loopback from a server in another process. */
export default async function measure(input) {
  const { wire, words, each, client } = input
  const { default: connect } = await import(`../clients/${client}.mjs`)
  const server = await provider()
  try {
    const read = connect({ wire, url: `${server.url}/${wire}/${words}/${each}` })
    return await perFrame(input, async () => {
      let count = 0
      await read(() => {
        count += 1
      })
      return count
    })
  } finally {
    server.close()
  }
}
