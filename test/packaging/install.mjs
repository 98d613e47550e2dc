/*
 * Installs the packed tarballs into an empty project, as a user would, and uses them there.
 *
 *   node test/packaging/install.mjs               on this Node; better-sqlite3 is compiled where it has no prebuilt binary
 *   node test/packaging/install.mjs --node 24     on another one, which is fetched from npm
 *   node test/packaging/install.mjs --prebuilt    on this one, with the better-sqlite3 that this workspace compiled
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { packAll, ROOT, run } from './packed.mjs'

const INSTALL = ['install', '--no-audit', '--no-fund']

const { values } = parseArgs({ options: { node: { type: 'string' }, prebuilt: { type: 'boolean', default: false } } })
if (values.prebuilt && values.node !== undefined) throw new Error('what this workspace compiled is for this Node alone')

const folder = mkdtempSync(join(tmpdir(), 'braid-install-'))
try {
  const env = values.node === undefined ? process.env : withNode(values.node)
  const version = run('node', ['--version'], { env }).trim()
  const project = join(folder, 'project')
  cpSync(join(import.meta.dirname, 'project'), project, { recursive: true })

  const packs = join(folder, 'packs')
  mkdirSync(packs)
  const tarballs = packAll(packs).map(({ tarball }) => tarball)
  const inProject = { cwd: project, env }
  const scripts = values.prebuilt ? ['--ignore-scripts'] : []
  run('npm', [...INSTALL, ...scripts, ...tarballs, 'typescript@7.0.2', '@types/node@20'], inProject)
  if (values.prebuilt) takeCompiled(project)
  console.log(`installed ${tarballs.length} packages on Node ${version}`)

  run('npx', ['--no-install', 'tsc'], inProject)
  console.log('its types resolve, those of its dependencies included')

  expect(run('node', ['--unhandled-rejections=strict', 'dist/program.js'], inProject), 'It works.\n')
  console.log('five lines run, over HTTP into a file')

  const { version: braid } = JSON.parse(run('node', ['-p', 'JSON.stringify(require("braid/package.json"))'], inProject))
  expect(run('npx', ['--no-install', 'braid', '--version'], inProject), `${braid}\n`)
  const log = run('npx', ['--no-install', 'braid', 'log', 'work.db'], inProject)
  for (const said of ['chat', 'Does it?', 'It works.']) {
    if (!log.includes(said)) throw new Error(`braid log does not show "${said}":\n${log}`)
  }
  console.log('the braid command runs, and reads the file')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The native module that this workspace compiled, instead of a minute of compiling it again. */
function takeCompiled(project) {
  const [ours, theirs] = [ROOT, project].map((root) => join(root, 'node_modules/better-sqlite3'))
  const [of, wanted] = [ours, theirs].map(
    (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).version,
  )
  if (of !== wanted) throw new Error(`this workspace compiled better-sqlite3 ${of}, and ${wanted} was installed`)
  const compiled = 'build/Release/better_sqlite3.node'
  cpSync(join(ours, compiled), join(theirs, compiled), { dereference: true })
}

/** Another Node, from npm, first on the path; native modules are compiled for its headers. */
function withNode(release) {
  const tools = join(folder, 'node')
  mkdirSync(tools)
  writeFileSync(join(tools, 'package.json'), '{}')
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  run('npm', [...INSTALL, `${name}@${release}`], { cwd: tools })
  const home = join(tools, 'node_modules', name)
  return { ...process.env, PATH: `${join(home, 'bin')}${delimiter}${process.env.PATH}`, npm_config_nodedir: home }
}

function expect(is, wanted) {
  if (is !== wanted) throw new Error(`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(is)}`)
}
