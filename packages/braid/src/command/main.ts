#!/usr/bin/env node
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { BraidError } from '@braid/core'
import { demo } from './demo.ts'
import { log } from './log.ts'

const HELP = `braid: a workflow engine whose operations stream

  braid demo [--db <file>]      three models, a synthesis, an article; again: another version of it
  braid log <db> [<branch>]     the branches and messages of a Braid database
  braid --version
`

/** Runs one command; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      db: { type: 'string' },
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
  switch (command) {
    case 'demo':
      return demo(values.db ?? '.braid/demo.db')
    case 'log': {
      const [path, branch] = rest
      if (path === undefined)
        throw new BraidError('invalid_request', 'which database? braid log <db>, for example: braid log .braid/demo.db')
      return log(path, branch)
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
