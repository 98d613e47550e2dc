import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** Packs every package as it would be published, into a folder, and reads back what is in each tarball. */
export function packAll(folder) {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  // npx has brought the pinned version; pnpm need not ask the registry for it again, which fails where that is a mirror with gaps.
  const env = { ...process.env, pnpm_config_pm_on_fail: 'ignore' }
  run('npx', ['-y', packageManager, '--filter', './packages/*', '-r', 'pack', '--pack-destination', folder], {
    cwd: ROOT,
    env,
  })
  return readdirSync(join(ROOT, 'packages')).map((directory) => {
    const source = join(ROOT, 'packages', directory)
    const { name, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
    const tarball = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
    const files = run('tar', ['-tzf', tarball]).trim().split('\n')
    return {
      name,
      source,
      tarball,
      files: files.map((file) => file.replace(/^package\//, '')).sort(),
      manifest: JSON.parse(run('tar', ['-xOzf', tarball, 'package/package.json'])),
    }
  })
}

/** Runs a command to its end and gives what it printed. Throws, with everything it said, when it fails. */
export function run(command, args, options = {}) {
  const { ok, said, stdout } = tryRun(command, args, options)
  if (!ok) throw new Error(`${command} ${args.join(' ')} failed:\n${said}`)
  return stdout
}

/** The same without throwing. `said` is all that it printed, for people to read. */
export function tryRun(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    maxBuffer: 2 ** 26,
    ...options,
    encoding: 'utf8',
  })
  if (error) throw error
  return { ok: status === 0, stdout, said: `${stdout}${stderr}` }
}
