import { number, target, withRatio } from './table.mjs'

const CELL = { operations: 1_000, frames: 30, perSecond: 4_000 }

const samples = [false, true].map((logged) => ({
  id: logged ? 'on' : 'off',
  module: './run-log/operations.mjs',
  input: { ...CELL, logged },
}))

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const { off, on } = measured
  return {
    tables: [
      {
        title: 'Run log: 1,000 operations over loopback HTTP, µs on the processor per chunk',
        columns: ['', 'all told', 'bytes of the log per byte said'],
        rows: [
          ['without the log', number(off.cpu), number(null)],
          ['with it', withRatio(on.cpu, off.cpu), number(on.log)],
        ],
      },
    ],
    targets: [
      target('times the processor time per chunk, with the run log', 1.3, [on.cpu / off.cpu], [null]),
      target('bytes of the log of a finished run per byte said', 0.5, [on.log], [null]),
    ],
    notes: [],
  }
}

export const runLog = { samples, report }
