import { Session } from '../session.ts'
import { jsonLine } from './json-line.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'
import { bytesText, counted } from './table.ts'

/** Prints what is wrong with a file. Resolves to 1 when something is. */
export async function check(path: string, json: boolean): Promise<number> {
  await using session = await Session.open(path, { readOnly: true })
  const { green, red } = styles(process.stdout)
  const problems = await session.check()
  if (problems.length > 0) {
    for (const problem of problems) console.log(json ? jsonLine({ problem }) : `${red('✗')} ${printable(problem)}`)
    return 1
  }
  const stats = await session.stats()
  const { bytes, freeBytes, branches, messages, runs } = stats
  if (json) console.log(jsonLine({ sound: true, ...stats }))
  else {
    console.log(`${green('✓')} ${path} is sound`)
    console.log(
      `${counted(branches, 'branch', 'branches')}, ${counted(messages, 'message')}, ${counted(runs, 'run')}; ${bytesText(bytes)}, ${bytesText(freeBytes)} of it free`,
    )
  }
  return 0
}
