import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How the operations of a chain come by their types: all of one kind, or each by code of its own. */
export type Link = 'kind' | 'task'

/** A project of one program, in which every operation looks at the result of the one before. */
export function chainOf(link: Link, length: number): { readonly project: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'braid-chain-'))
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const config = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, include: ['chain.ts'] }))
  writeFileSync(join(folder, 'chain.ts'), program(link, length))
  return { project: folder, remove: () => rmSync(folder, { recursive: true }) }
}

function program(link: Link, length: number): string {
  const lines = [
    "import { Builder, type ResultOf, Session } from 'braid'",
    'const session = new Session()',
    'const builder = new Builder({ session })',
    "const next = session.registerOperation('next', async (_, { of }: { of: number }) => ({ n: of + 1 }))",
    "const o0 = builder.add('o0', next, { of: 0 })",
  ]
  for (let at = 1; at < length; at++) {
    const before = `o${at - 1}`
    const when = `when: (results) => results.get(${before}).n < 9`
    lines.push(
      link === 'kind'
        ? `const o${at} = builder.add('o${at}', next, { of: ${at} }, { dependsOn: ${before}, ${when} })`
        : `const o${at} = builder.task({ dependsOn: ${before}, ${when}, run: ({ results }) => ({ n: results.get(${before}).n + 1 }) })`,
    )
  }
  // Were the results not inferred, this would not compile.
  lines.push(`export const last: ResultOf<typeof o${length - 1}> = { n: ${length} }`)
  return lines.join('\n')
}
