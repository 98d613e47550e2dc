// What would be published, looked at before it is. Needs built packages; fails where something is wrong with a tarball.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { packAll, ROOT, tryRun } from './packed.mjs'

/** What users install by name. The other packages come with these. */
const FRONT_DOORS = new Set(['braid', '@braid/testing'])

const BELONGS = /^(?!.*\.test\.)(dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.ts|LICENSE|README\.md|package\.json)$/

const ATTW = fileURLToPath(new URL('dist/index.js', import.meta.resolve('@arethetypeswrong/cli/package.json')))

const folder = mkdtempSync(join(tmpdir(), 'braid-packed-'))
let problems = 0
try {
  for (const packed of packAll(folder)) {
    const found = [...contents(packed), ...manifest(packed), ...(await advice(packed)), ...resolution(packed)]
    problems += found.length
    console.log(`${found.length === 0 ? 'ok' : 'NOT OK'}  ${packed.name}, ${packed.files.length} files`)
    for (const problem of found) console.log(`  ${problem.trim().replaceAll('\n', '\n  ')}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = problems === 0 ? 0 : 1

/** Sources, what they were compiled to, and the papers; no tests, no leftovers, nothing missing. */
function* contents({ name, source, files, manifest: { bin = {} } }) {
  const all = new Set(files)
  for (const file of files) if (!BELONGS.test(file)) yield `${file} does not belong into a package`
  for (const paper of ['LICENSE', ...(FRONT_DOORS.has(name) ? ['README.md'] : [])]) {
    if (!all.has(paper)) yield `there is no ${paper}`
  }
  for (const file of files) {
    const stem = /^(?:src|dist)\/(.+?)(?:\.d\.ts|\.ts|\.js)(?:\.map)?$/.exec(file)?.[1]
    if (stem === undefined) continue
    if (!all.has(`src/${stem}.ts`))
      yield `${file} has no source any more: delete ${relative(ROOT, source)}/dist and build again`
    if (!all.has(`dist/${stem}.js`) || !all.has(`dist/${stem}.d.ts`)) yield `${file} is not compiled: build first`
  }
  for (const file of Object.values(bin)) {
    const text = readFileSync(join(source, file), 'utf8')
    if (!text.startsWith('#!/usr/bin/env node\n')) yield `${file} is a command, and does not say what runs it`
  }
}

/** What only works inside this repository must not leave it. */
function* manifest({ manifest: { dependencies = {}, exports, engines, version } }) {
  if (JSON.stringify(exports).includes('.ts"') && JSON.stringify(exports).includes('/src/')) {
    yield 'the exports lead to TypeScript sources, which Node does not run from node_modules: see publishConfig'
  }
  for (const [name, range] of Object.entries(dependencies)) {
    if (range.startsWith('workspace:')) yield `the dependency ${name} is ${range}, which only a workspace knows`
    if (name.startsWith('@braid/') && range !== version) yield `the dependency ${name} is ${range} and not ${version}`
  }
  const { engines: wanted } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  if (engines?.node !== wanted.node) yield `it asks for Node ${engines?.node}, and the workspace for ${wanted.node}`
}

/** https://publint.dev/rules */
async function advice({ tarball, manifest }) {
  const { messages } = await publint({ pack: { tarball: readFileSync(tarball) }, strict: true })
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`)
}

/** https://github.com/arethetypeswrong/arethetypeswrong.github.io: whether types and code are found together, wherever modules are looked for. */
function resolution({ tarball }) {
  const options = ['--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji']
  const { ok, said } = tryRun(process.execPath, [ATTW, tarball, ...options])
  return ok ? [] : [`are the types wrong:\n${said}`]
}
