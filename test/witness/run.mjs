// pnpm witness: installs the SDKs when they are not there, or not as locked, checks the types, and runs the comparison. Arguments are vitest's.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

// Its own pnpm-workspace.yaml keeps this install apart from the repository's.
if (!installed()) run('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile'], here)
run('node_modules/.bin/tsc', ['-p', here], root)
run('node_modules/.bin/vitest', ['run', '--root', here, ...process.argv.slice(2)], root)

/** pnpm keeps a copy of the lockfile beside what it installed. */
function installed() {
  try {
    return readFileSync(`${here}node_modules/.pnpm/lock.yaml`, 'utf8') === readFileSync(`${here}pnpm-lock.yaml`, 'utf8')
  } catch {
    return false
  }
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
