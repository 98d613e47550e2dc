import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** A program that runs in a process of its own. */
export interface Program {
  readonly process: ChildProcess
  /** What it has printed so far. */
  readonly stdout: string
  /** Resolves when it has printed this. Rejects when it ends without. */
  printed(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly cwd: string
  /** Added to the environment, which has no keys, no addresses of providers and no colours. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether its standard input stays open, to be written to. Default: there is nothing on it. */
  readonly stdin?: boolean
  /** Modules that run before it. */
  readonly imports?: readonly string[]
}

/** Longer than any of them takes; one that hangs is killed. */
const LIMIT_MS = 50_000

/** Starts a TypeScript program from source, as a user's shell would: stdout and stderr are no terminal. */
export function start(file: string, args: readonly string[], options: ProgramOptions): Program {
  const imports = [TSX, ...(options.imports ?? [])].flatMap((module) => ['--import', module])
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--unhandled-rejections=strict', ...imports, file, ...args],
    {
      cwd: options.cwd,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    },
  )
  if (!options.stdin) child.stdin.end()
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr }))
  return {
    process: child,
    ended,
    get stdout() {
      return stdout
    },
    async printed(text) {
      while (!stdout.includes(text)) {
        const more = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)])
        if (!more && !stdout.includes(text))
          throw new Error(`it ended without printing "${text}":\n${stdout}\n${stderr}`)
      }
    },
  }
}

/** Runs a program to its end. */
export function run(file: string, args: readonly string[], options: ProgramOptions): Promise<Ended> {
  return start(file, args, options).ended
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const left = Object.entries(process.env).filter(
    ([name]) => !/_API_KEY$|_BASE_URL$|^OLLAMA_HOST$|^FORCE_COLOR$|^NODE_OPTIONS$|^VITEST/.test(name),
  )
  return { ...Object.fromEntries(left), NO_COLOR: '1' }
}
