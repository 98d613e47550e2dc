import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Installs the peers when they are not there, or not as locked, and builds what is measured: the compiled packages, as users run them. */
export function prepare() {
  // Its own pnpm-workspace.yaml keeps this install apart from the repository's.
  if (!installed()) run('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile'], here)
  run('node_modules/.bin/tsc', ['-b', 'packages/flow', 'packages/sqlite', 'packages/models'], root)
}

/** pnpm keeps a copy of the lockfile beside what it installed. */
function installed() {
  try {
    return readFileSync(`${here}node_modules/.pnpm/lock.yaml`, 'utf8') === readFileSync(`${here}pnpm-lock.yaml`, 'utf8')
  } catch {
    return false
  }
}

/** Its output goes to stderr: stdout is for the numbers. */
function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', process.stderr, process.stderr] })
}
