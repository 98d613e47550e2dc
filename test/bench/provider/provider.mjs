import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * A provider on this machine, in a process of its own, so that what it costs is nobody's who is measured. What it answers is in the path:
 * `/<wire>/<words>/<each>/…` a whole answer at once, `each` frames to a chunk of HTTP's; `/<wire>/paced/…` see {@link Provider.pace}.
 * @typedef {{ url: string, pace: (plan: { frames: number, perSecond: number }) => void, close: () => void }} Provider
 * @returns {Promise<Provider>}
 */
export async function provider() {
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [port] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}`,
    /** The paced answers wait after their first word. Each now says `frames` words more, all of them together `perSecond`, in turn, and ends. */
    pace: (plan) => child.send(plan),
    close: () => child.kill(),
  }
}
