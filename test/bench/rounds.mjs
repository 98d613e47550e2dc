import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from './median.mjs'

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url))
const execute = promisify(execFile)

/**
 * One thing measured: a module whose default export takes `input` and resolves with numbers (or null) by name.
 * `quiet` keeps Node's own warnings out of sight. `once` takes it in the first round alone: it takes minutes.
 * @typedef {{ id: string, module: string, input?: unknown, quiet?: boolean, once?: boolean }} Sample
 */

/**
 * Takes every sample once per round, each in a process of its own, one at a time: A B C, A B C, … so that what disturbs the machine for
 * a while disturbs all of them. Resolves with the medians, by sample and name.
 * @param {readonly Sample[]} samples
 * @param {number} rounds
 * @returns {Promise<Record<string, Record<string, number | null>>>}
 */
export async function medians(samples, rounds) {
  const taken = Object.fromEntries(samples.map(({ id }) => [id, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const sample of samples) {
      if (sample.once && round > 1) continue
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kround ${round} of ${rounds}: ${sample.id}`)
      taken[sample.id].push(await take(sample))
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  return Object.fromEntries(Object.entries(taken).map(([id, values]) => [id, byName(values)]))
}

/** @param {Sample} sample */
async function take({ id, module, input, quiet = false }) {
  const flags = quiet ? ['--no-warnings'] : []
  const args = [...flags, CHILD, new URL(module, import.meta.url).href, JSON.stringify(input ?? null)]
  const { stdout, stderr } = await execute(process.execPath, args, { maxBuffer: 2 ** 26 })
  if (stderr !== '') console.error(`${id}: ${stderr}`)
  return JSON.parse(stdout)
}

/** @param {readonly Record<string, number | null>[]} values */
function byName(values) {
  const names = Object.keys(values[0] ?? {})
  return Object.fromEntries(
    names.map((name) => {
      const numbers = values.map((value) => value[name]).filter((value) => typeof value === 'number')
      return [name, numbers.length === 0 ? null : median(numbers)]
    }),
  )
}
