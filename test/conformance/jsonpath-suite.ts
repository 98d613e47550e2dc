import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BraidError } from '@braid/core'
import { compileQuery } from '@braid/stream'

/** Where members have no order there are several right results. */
interface Compliance {
  readonly name: string
  readonly selector: string
  readonly document?: unknown
  readonly result?: readonly unknown[]
  readonly results?: readonly (readonly unknown[])[]
  readonly invalid_selector?: true
}

/** The compliance suite of RFC 9535, by name, each with what is wrong. Invalid selectors must be refused. */
export function* checkJsonPathSuite(folder: string): Generator<readonly [name: string, wrong: string | undefined]> {
  const { tests } = JSON.parse(readFileSync(join(folder, 'cts.json'), 'utf8')) as { tests: readonly Compliance[] }
  for (const each of tests) yield [`${each.name}: ${each.selector}`, wrong(each)]
}

function wrong({ selector, document, result, results, invalid_selector }: Compliance): string | undefined {
  const is = resultOf(selector, document)
  const right: readonly unknown[] = invalid_selector ? [{ refused: 'invalid_manifest' }] : (results ?? [result])
  if (right.some((wanted) => isDeepStrictEqual(is, wanted))) return undefined
  return `${JSON.stringify(is)} instead of ${right.map((wanted) => JSON.stringify(wanted)).join(' or ')}`
}

function resultOf(selector: string, document: unknown): unknown {
  try {
    return compileQuery(selector)(document)
  } catch (error) {
    if (error instanceof BraidError) return { refused: error.code }
    throw error
  }
}
