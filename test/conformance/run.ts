import { join, resolve } from 'node:path'
import { readCorpus } from '../support/corpus.ts'
import { shared } from '../support/shared.ts'
import { checkCase } from './check-case.ts'
import { Readers } from './readers.ts'
import { report, type Verdict } from './report.ts'
import { checkStandards } from './standards.ts'

/*
 * pnpm conformance [folder]
 *
 * Reads every case of a corpus, by default the shared one, and compares what Braid makes of it with what is expected.
 */
const named = process.argv[2]
const material = shared()
const root =
  named !== undefined ? resolve(process.env['INIT_CWD'] ?? '.', named) : material && join(material.root, 'corpus')
const corpus = root === undefined ? undefined : readCorpus(root)
if (root === undefined || !corpus) {
  console.error(
    root === undefined
      ? 'There is no shared corpus; name a folder (pnpm conformance <folder>) or set BRAID_SHARED.'
      : `Expected manifest.json and expected.json in ${root}; they are not there.`,
  )
  process.exitCode = 1
} else {
  const readers = new Readers()
  const verdicts = corpus.cases.map((streamCase): Verdict => {
    const { ambiguous, framing_only } = corpus.expected(streamCase) ?? {}
    return {
      streamCase,
      wrong: checkCase(corpus, streamCase, readers),
      framingOnly: framing_only === true,
      ambiguous: ambiguous !== undefined && ambiguous !== false,
    }
  })
  const standards = checkStandards(root)
  for (const line of report(verdicts, standards)) console.log(line)
  const failed = verdicts.some(({ wrong }) => wrong.length > 0) || standards.some(({ failures }) => failures.length > 0)
  process.exitCode = failed ? 1 : 0
}
