#!/usr/bin/env node
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { BraidError } from '@braid/core'

const HELP = `braid: a workflow engine whose operations stream

  braid demo [--db <file>]      three models, a synthesis, an article; again: another version of it
  braid log <db> [<branch>]     the branches and messages of a Braid database
  braid decode <file>           what a recorded stream says, chunk by chunk; - reads the standard input
      --message                 what it all comes to instead
      --json                    one chunk, or one message, per line in JSON
      --raw                     with every chunk the frame it comes from
      --frames                  the frames themselves, whatever API they belong to
      --api <family>            such as openai-chat; default: found by the bytes
      --manifest <file>         for an API of your own
  braid --version
`

/** How many arguments each command takes, and which options. */
const TAKES = {
  demo: { args: 0, options: ['db'] },
  log: { args: 2, options: [] },
  decode: { args: 1, options: ['api', 'frames', 'json', 'manifest', 'message', 'raw'] },
} as const satisfies Record<string, { readonly args: number; readonly options: readonly string[] }>

/** What a command does not take is an error, and not left out: `braid log --db work.db` asked for something. */
function refuseOthers(command: keyof typeof TAKES, args: readonly string[], options: readonly string[]): void {
  const takes: { readonly args: number; readonly options: readonly string[] } = TAKES[command]
  const option = options.find((name) => !takes.options.includes(name))
  const other = option === undefined ? args[takes.args] : `--${option}`
  if (other === undefined) return
  throw new BraidError('invalid_request', `braid ${command} takes no "${other}"\n\n${HELP}`)
}

/** Runs one command; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { positionals, tokens, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      api: { type: 'string' },
      db: { type: 'string' },
      frames: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      manifest: { type: 'string' },
      message: { type: 'boolean', default: false },
      raw: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  })
  const [command, ...rest] = positionals
  if (values.version) {
    console.log(createRequire(import.meta.url)('../../package.json').version)
    return 0
  }
  if (values.help || command === undefined || command === 'help') {
    console.log(HELP)
    return command === undefined && !values.help ? 2 : 0
  }
  if (Object.hasOwn(TAKES, command)) {
    const given = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
    refuseOthers(command as keyof typeof TAKES, rest, given)
  }
  // Each command loads what it needs: decoding a stream takes no database.
  switch (command) {
    case 'demo':
      return (await import('./demo.ts')).demo(values.db ?? '.braid/demo.db')
    case 'log': {
      const [path, branch] = rest
      if (path === undefined)
        throw new BraidError('invalid_request', 'which database? braid log <db>, for example: braid log .braid/demo.db')
      return (await import('./log.ts')).log(path, branch)
    }
    case 'decode': {
      const [file] = rest
      if (file === undefined)
        throw new BraidError('invalid_request', 'which file? braid decode <file>, or - for the standard input')
      const { api, json, manifest, message, raw } = values
      if (values.frames) return (await import('./frames.ts')).frames(file, json)
      return (await import('./decode.ts')).decode(file, {
        json,
        message,
        raw,
        ...(api === undefined ? {} : { api }),
        ...(manifest === undefined ? {} : { manifest }),
      })
    }
    default:
      throw new BraidError('invalid_request', `there is no command "${command}"\n\n${HELP}`)
  }
}

// Whoever reads may leave before the end, as `head` does. That is no error, and what runs goes on to its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // What has a name was meant for a person to read; anything else is a defect, and its stack is wanted.
  const named =
    error instanceof BraidError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  console.error(named ? `braid: ${(error as Error).message}` : error)
  process.exitCode = 1
}
