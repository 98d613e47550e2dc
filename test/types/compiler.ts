import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

export interface Checked {
  /** What the compiler complains about, one line each. */
  readonly errors: readonly string[]
  readonly instantiations: number
  /** Every file that the program is made of. */
  readonly files: readonly string[]
}

/** Brings the declarations up to date that users see: those in the packages' `dist`. */
export async function emitDeclarations(): Promise<void> {
  const { code, stdout } = await tsc(['-b', 'packages/braid'])
  if (code !== 0) throw new Error(`the packages do not compile:\n${stdout}`)
}

/** Checks a project. One checker, for several of them count some of their work twice. */
export async function check(project: string, options: readonly string[] = []): Promise<Checked> {
  const { stdout } = await tsc(['-p', project, '--singleThreaded', '--extendedDiagnostics', '--listFiles', ...options])
  const lines = stdout.split('\n')
  const instantiations = /^Instantiations: +(\d+)$/m.exec(stdout)?.[1]
  if (instantiations === undefined) throw new Error(`the compiler gave no diagnostics:\n${stdout}`)
  return {
    errors: lines.filter((line) => /\berror TS\d+:/.test(line)),
    instantiations: Number(instantiations),
    files: lines.filter((line) => /^\/.*\.[cm]?ts$/.test(line)),
  }
}

function tsc(args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC, ...args], { cwd: ROOT, maxBuffer: 2 ** 26, timeout: 50_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : 1, stdout })
    })
  })
}
