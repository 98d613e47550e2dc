import { provider } from '../provider/provider.mjs'

/** How many answers are opened at one time, so that no connection waits for its turn at the door. */
const DOOR = 250
const WARM_STREAMS = 100
const WARM_FRAMES = 300

/**
 * Many answers at once. All of them are opened and say a word; then each says `frames` more, paced, and what that costs this process is counted,
 * up to the last word.
 * @param {{ wire: string, streams: number, frames: number, perSecond: number, client: string }} input
 * @returns {Promise<Record<string, number>>} Microseconds of processor time per word, all threads, and KB of memory per stream.
 */
export default async function measure({ wire, streams, frames, perSecond, client }) {
  const { default: connect } = await import(`../clients/${client}.mjs`)
  const server = await provider()
  try {
    const read = connect({ wire, url: `${server.url}/${wire}/paced` })
    await warm(read, server)
    const memory = process.memoryUsage.rss()
    const total = streams * (frames + 1)
    let words = 0
    let spent
    let before
    const answers = []
    for (let opened = 0; opened < streams; opened += DOOR) {
      const first = []
      for (let place = 0; place < Math.min(DOOR, streams - opened); place += 1) {
        first.push(
          new Promise((begun) => {
            const word = () => {
              words += 1
              // What the end of an answer costs is no chunk's.
              if (words === total) spent = process.cpuUsage(before)
              begun()
            }
            answers.push(read(word))
          }),
        )
      }
      await Promise.all(first)
    }
    before = process.cpuUsage()
    server.pace({ frames, perSecond })
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss())
    }, 1_000)
    await Promise.all(answers)
    clearInterval(watch)
    if (words !== total) throw new Error(`${total} words were said, and ${words} were read`)
    return { cpu: (spent.user + spent.system) / (streams * frames), memory: (most - memory) / 1_000 / streams }
  } finally {
    server.close()
  }
}

/** What is compiled and loaded once is no stream's. */
async function warm(read, server) {
  let begun = 0
  const answers = Array.from({ length: WARM_STREAMS }, () =>
    read(() => {
      begun += 1
      if (begun === WARM_STREAMS) server.pace({ frames: WARM_FRAMES, perSecond: 10_000 })
    }),
  )
  await Promise.all(answers)
}
