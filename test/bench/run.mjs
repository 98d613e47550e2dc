// pnpm bench: every measurement in fresh processes, several rounds in turn, medians and ratios at the end. README.md says how to read it.

import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { chunks } from './chunks.mjs'
import { firstChunk } from './first-chunk.mjs'
import { frames } from './frames.mjs'
import { history } from './history.mjs'
import { manyStreams } from './many-streams.mjs'
import { prepare } from './prepare.mjs'
import { medians } from './rounds.mjs'
import { runLog } from './run-log.mjs'
import { scheduling } from './scheduling.mjs'
import { slowReader } from './slow-reader.mjs'
import { render } from './table.mjs'

const MEASUREMENTS = {
  scheduling,
  chunks,
  'slow-reader': slowReader,
  frames,
  'many-streams': manyStreams,
  'first-chunk': firstChunk,
  history,
  'run-log': runLog,
}
const USAGE = `pnpm bench [--only ${Object.keys(MEASUREMENTS).join('|')}]... [--rounds 3] [--json]`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(MEASUREMENTS) },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const unknown = options.only.find((name) => !Object.hasOwn(MEASUREMENTS, name))
if (unknown !== undefined || !(Number.isInteger(rounds) && rounds > 0)) {
  console.error(USAGE)
  process.exit(2)
}

prepare()
const environment = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds, load: loadavg()[0] }
if (!options.json) {
  console.log(
    `Node ${environment.node}, ${environment.cores} cores (${environment.cpu}), load ${environment.load.toFixed(1)}; medians of ${rounds} rounds`,
  )
}
if (environment.load > environment.cores / 2) {
  console.error('This machine is busy with something else: times below are longer than they are, and ratios rougher.')
}
const all = {}
for (const name of options.only) {
  const measurement = MEASUREMENTS[name]
  const report = measurement.report(await medians(measurement.samples, rounds))
  all[name] = report
  if (!options.json) console.log(render(report))
}
if (options.json) console.log(JSON.stringify({ environment, ...all }, undefined, 2))
