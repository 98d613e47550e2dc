import { createRequire } from 'node:module'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { BraidError } from '@braid/core'
import { HELP } from './help.ts'

type Options = NonNullable<ParseArgsConfig['options']>
const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean', default: false } as const

/** Every option of every command, and those of none. */
const OPTIONS = {
  api: TEXT,
  as: TEXT,
  at: TEXT,
  branch: TEXT,
  db: TEXT,
  fast: FLAG,
  follow: FLAG,
  frames: FLAG,
  help: { type: 'boolean', short: 'h' },
  imodel: TEXT,
  index: FLAG,
  json: FLAG,
  keep: TEXT,
  last: TEXT,
  manifest: TEXT,
  message: FLAG,
  'older-than': TEXT,
  raw: FLAG,
  rescue: FLAG,
  speed: TEXT,
  status: TEXT,
  vacuum: FLAG,
  version: { type: 'boolean', short: 'v' },
} as const satisfies Options

/** What each command takes: its arguments, the ones that have to be there first, and its options. */
const TAKES = {
  check: { needs: ['db'], also: [], options: ['json'] },
  decode: { needs: ['file'], also: [], options: ['api', 'frames', 'json', 'manifest', 'message', 'raw'] },
  demo: { needs: [], also: [], options: ['db'] },
  export: { needs: ['db'], also: ['file'], options: ['as', 'branch', 'rescue'] },
  fork: { needs: ['db', 'branch', 'name'], also: [], options: ['at', 'json'] },
  import: { needs: ['db'], also: ['file'], options: ['as', 'branch', 'json'] },
  log: { needs: ['db'], also: ['branch'], options: ['follow', 'json'] },
  prune: { needs: ['db'], also: [], options: ['json', 'keep', 'older-than', 'vacuum'] },
  replay: { needs: ['db', 'run'], also: [], options: ['fast', 'json', 'speed'] },
  resume: { needs: ['db', 'run'], also: ['program'], options: ['imodel', 'json'] },
  runs: { needs: ['db'], also: [], options: ['json', 'last', 'status'] },
  search: { needs: ['db', 'words'], also: [], options: ['index', 'json'], more: true },
  show: { needs: ['db', 'run'], also: [], options: ['json'] },
} as const satisfies Record<string, Takes>

interface Takes {
  readonly needs: readonly string[]
  readonly also: readonly string[]
  readonly options: readonly (keyof typeof OPTIONS)[]
  /** Whether the last argument may be several. */
  readonly more?: true
}

/** What is asked when it is not there. */
const QUESTIONS: Readonly<Record<string, string>> = {
  db: 'which database?',
  file: 'which file?',
  branch: 'which branch?',
  name: 'which name?',
  run: 'which run? braid runs <db> lists them;',
  words: 'which words?',
}

/** What a command does not take is an error, and not left out: `braid log --db work.db` asked for something. */
function checkUse(command: keyof typeof TAKES, args: readonly string[], options: readonly string[]): void {
  const { needs, also, options: known, more }: Takes = TAKES[command]
  const option = options.find((name) => !known.some((each) => each === name))
  const other = option === undefined ? (more ? undefined : args[needs.length + also.length]) : `--${option}`
  if (other !== undefined) throw new BraidError('invalid_request', `braid ${command} takes no "${other}"\n\n${HELP}`)
  const missing = needs[args.length]
  if (missing === undefined) return
  const usage = [...needs, ...also.map((name) => `[${name}]`)].map((name) =>
    name.startsWith('[') ? name : `<${name}>`,
  )
  throw new BraidError('invalid_request', `${QUESTIONS[missing]} braid ${command} ${usage.join(' ')}`)
}

/** Runs one command; resolves to the exit code. Throws what a person can do something about as a BraidError. */
async function command(args: readonly string[]): Promise<number> {
  const { positionals, tokens, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: OPTIONS,
  })
  const [name, ...rest] = positionals
  if (values.version) {
    console.log(createRequire(import.meta.url)('../../package.json').version)
    return 0
  }
  if (values.help || name === undefined || name === 'help') {
    console.log(HELP)
    return name === undefined && !values.help ? 2 : 0
  }
  if (!isCommand(name)) throw new BraidError('invalid_request', `there is no command "${name}"\n\n${HELP}`)
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
  checkUse(name, rest, given)
  // Each command loads what it needs: decoding a stream takes no database.
  const { as, at, branch, fast, json, keep, last, speed, status, vacuum } = values
  const [first = '', second = '', third = ''] = rest
  switch (name) {
    case 'check':
      return (await import('./check.ts')).check(first, json)
    case 'decode':
      return decode(first, values)
    case 'demo':
      return (await import('./demo.ts')).demo(values.db ?? '.braid/demo.db')
    case 'export':
      return (await import('./export.ts')).exportTo(first, rest[1], { as, branch, rescue: values.rescue })
    case 'fork':
      return (await import('./fork.ts')).fork(first, second, third, { at, json })
    case 'import':
      return (await import('./import.ts')).importFrom(first, rest[1], { as, branch, json })
    case 'log':
      return (await import('./log.ts')).log(first, { branch: rest[1], follow: values.follow, json })
    case 'prune':
      return (await import('./prune.ts')).prune(first, { keep, olderThan: values['older-than'], vacuum, json })
    case 'replay':
      return (await import('./replay.ts')).replay(first, second, { speed, fast, json })
    case 'resume':
      return (await import('./resume.ts')).resume(first, second, { program: rest[2], imodel: values.imodel, json })
    case 'runs':
      return (await import('./runs.ts')).runs(first, { status, last, json })
    case 'search':
      return (await import('./search.ts')).search(first, rest.slice(1).join(' '), { index: values.index, json })
    case 'show':
      return (await import('./show.ts')).show(first, second, json)
    default:
      return name satisfies never
  }
}

function isCommand(command: string): command is keyof typeof TAKES {
  return Object.hasOwn(TAKES, command)
}

interface DecodeValues {
  readonly api?: string | undefined
  readonly frames: boolean
  readonly json: boolean
  readonly manifest?: string | undefined
  readonly message: boolean
  readonly raw: boolean
}

async function decode(file: string, { api, frames, json, manifest, message, raw }: DecodeValues): Promise<number> {
  if (frames) return (await import('./frames.ts')).frames(file, json)
  const { decode: run } = await import('./decode.ts')
  const options = { ...(api === undefined ? {} : { api }), ...(manifest === undefined ? {} : { manifest }) }
  return run(file, { json, message, raw, ...options })
}

/** The command that these arguments are, as a program runs it: what goes wrong is said on the standard error. Resolves to the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await command(args)
  } catch (error) {
    // What has a name was meant for a person to read, and a file that cannot be read or made says itself which; anything else is a defect, and its stack is wanted.
    const named =
      error instanceof BraidError ||
      (error instanceof Error &&
        ('syscall' in error || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))))
    console.error(named ? `braid: ${error.message}` : error)
    return 1
  }
}
