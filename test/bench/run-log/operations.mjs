import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Builder, flowStream, Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { openStore } from '@braid/sqlite'
import { MODELS } from '../frames/families.mjs'
import { provider } from '../provider/provider.mjs'

/**
 * Many operations that ask a model, as one stream, with history in a file: with the run log, and in a store that keeps branches alone. Counted until
 * everything is written, the log packed and the file closed.
 * @param {{ operations: number, frames: number, perSecond: number, logged: boolean }} input
 * @returns {Promise<Record<string, number>>} Microseconds of processor time per chunk, all threads; bytes of the log over bytes of text, once packed.
 */
export default async function measure({ operations, frames, perSecond, logged }) {
  const server = await provider()
  const folder = mkdtempSync(join(tmpdir(), 'braid-bench-'))
  try {
    await run(join(folder, 'warm.db'), server, { operations: 100, frames: 100, perSecond: 10_000, logged })
    const path = join(folder, 'run.db')
    const { cpu, bytes, runId } = await run(path, server, { operations, frames, perSecond, logged })
    return { cpu, log: logged ? (await logBytes(path, runId)) / bytes : 0 }
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function run(path, server, { operations, frames, perSecond, logged }) {
  const store = await openStore(path)
  const session = new Session({}, { store: logged ? store : withoutRuns(store), record: await store.session() })
  session.services.register(
    new iModel(MODELS.openai, { name: 'model', baseUrl: `${server.url}/openai/paced`, apiKey: 'none' }),
  )
  const builder = new Builder({ session })
  for (let index = 0; index < operations; index += 1) builder.generate({ instruction: 'Speak' })
  const stream = flowStream(builder)
  let chunks = 0
  let bytes = 0
  let begun = 0
  const before = process.cpuUsage()
  for await (const [, chunk] of stream) {
    chunks += 1
    if (chunk.type === 'text-start') begun += 1
    if (chunk.type === 'text-start' && begun === operations) server.pace({ frames, perSecond })
    if (chunk.type === 'text-delta') bytes += Buffer.byteLength(chunk.data)
  }
  await session.close()
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / chunks, bytes, runId: stream.runId }
}

/** The same store, which keeps branches alone. */
function withoutRuns(store) {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'runs') return undefined
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function logBytes(path, runId) {
  const store = await openStore(path, { readOnly: true })
  let bytes = 0
  for (
    let after = 0, pages = await store.runs.log(runId, 0);
    pages.length > 0;
    pages = await store.runs.log(runId, after)
  ) {
    for (const { first, count, data } of pages) {
      bytes += data.length
      after = first + count - 1
    }
  }
  await store.close()
  return bytes
}
