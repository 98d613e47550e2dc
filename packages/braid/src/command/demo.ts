import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BraidError } from '@braid/core'
import { flowStream } from '@braid/flow'
import { lanesFor } from '../demo/lanes.ts'
import { planVisit } from '../demo/plan.ts'
import { Tally } from '../demo/tally.ts'
import { findVoices } from '../demo/voices.ts'
import { Session } from '../session.ts'
import { styles } from './style.ts'

/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130

/** The main job, end to end: a graph of streaming operations, shown as it runs and kept in a database. Resolves to the exit code. */
export async function demo(path: string): Promise<number> {
  const { bold, red } = styles(process.stdout)
  await mkdir(dirname(path), { recursive: true })
  await using session = await Session.open(path)
  const voices = await findVoices(process.env)
  const stop = new AbortController()
  const onInterrupt = (): void => stop.abort(new BraidError('cancelled', 'interrupted by Ctrl-C'))
  process.once('SIGINT', onInterrupt)
  const tally = new Tally()
  const lanes = lanesFor(process.stdout)
  try {
    console.log(`${voices.notice}\n`)
    const { builder, goal, title } = await planVisit(session, voices)
    console.log(`${bold(title)}\n`)
    const stream = flowStream(builder, { signal: stop.signal })
    try {
      for await (const [operationId, chunk] of stream) {
        tally.count(operationId, chunk)
        lanes.show(operationId, chunk, stream.progress)
      }
    } finally {
      lanes.end()
    }
    console.log(`\n${(await stream.results).get(goal)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    console.log(`\n${red(stop.signal.aborted ? 'Interrupted.' : error.message)} What had arrived is kept.`)
    for (const each of error.errors ?? []) console.log(`  ${each.operationId}: ${each.message}`)
    return stop.signal.aborted ? INTERRUPTED : 1
  } finally {
    process.off('SIGINT', onInterrupt)
    await voices.close()
    if (tally.rows.size > 0)
      console.log(
        `${tally
          .lines()
          .map((line, index) => (index === 0 ? bold(line) : line))
          .join('\n')}\n`,
      )
    console.log(`Everything is in ${bold(path)}. Look at it with: ${bold(`${launcher()} log ${path}`)}`)
    console.log('Run the demo again to go on from there.')
  }
}

/** How this program was started: by the script of its repository, or as the installed command. */
function launcher(): string {
  return process.env['npm_lifecycle_event'] === 'demo' ? 'npx -y pnpm@12.21.0 braid' : 'braid'
}
