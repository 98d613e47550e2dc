// Everything that has to hold: `pnpm check`, which is `pnpm test`. Turbo orders the tasks; this counts, and says the last word.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TASKS = ['task:format', 'task:lint', 'task:types', 'task:unit', 'task:dead', 'task:packaging']

const folder = mkdtempSync(join(tmpdir(), 'braid-check-'))
const report = join(folder, 'unit.json')
const turbo = spawnSync('turbo', ['run', ...TASKS, '--continue', '--output-logs=full', '--log-prefix=task'], {
  stdio: 'inherit',
  env: { ...process.env, BRAID_UNIT_REPORT: report, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
})
const { passed, failed } = counts(report)
rmSync(folder, { recursive: true })

// A task other than the tests has no counts of its own: when one fails, that is one failure more than the tests tell of.
const other = turbo.status !== 0 && failed === 0 ? 1 : 0
if (other) console.log('A task failed that is not a test, or the tests did not run to their end: see above.')
console.log(`${passed} passed, ${failed + other} failed`)
process.exitCode = failed + other === 0 ? 0 : 1

/** The real counts, from vitest's own report; a report that was not written is no success. */
function counts(path) {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(readFileSync(path, 'utf8'))
    // A file that could not even be loaded has no tests to fail.
    return { passed: numPassedTests, failed: numFailedTests || (success ? 0 : Math.max(1, numFailedTestSuites)) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
