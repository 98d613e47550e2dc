import { median } from '../median.mjs'
import { provider } from '../provider/provider.mjs'

const WARM = 300
const TIMED = 500
const WORDS = 20

/** One short answer after the other, on a connection that is kept. Milliseconds from the question to the first word. */
export default async function measure({ client }) {
  const { default: connect } = await import(`../clients/${client}.mjs`)
  const server = await provider()
  try {
    const read = connect({ wire: 'openai', url: `${server.url}/openai/${WORDS}/1` })
    const times = []
    for (let asked = 0; asked < WARM + TIMED; asked += 1) {
      const start = performance.now()
      let first
      await read(() => {
        first ??= performance.now() - start
      })
      if (asked >= WARM) times.push(first)
    }
    return { wall: median(times) }
  } finally {
    server.close()
  }
}
