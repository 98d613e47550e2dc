#!/usr/bin/env node
import { run } from './command.ts'

// Whoever reads may leave before the end, as `head` does. That is no error, and what runs goes on to its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await run(process.argv.slice(2))
