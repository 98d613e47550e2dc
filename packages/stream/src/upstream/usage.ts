import type { ManifestSource } from '../manifest-data.ts'
import type { Upstream } from './document.ts'
import { rooted } from './expression.ts'

type Usage = ManifestSource['usage']
type Count = 'input' | 'output' | 'total' | 'cached' | 'reasoning'

/** What manifests call the counts, and what a provider's own names of them are most often. */
const COUNTS: readonly (readonly [string, Count])[] = [
  ['prompt_tokens', 'input'],
  ['input_tokens', 'input'],
  ['completion_tokens', 'output'],
  ['output_tokens', 'output'],
  ['total_tokens', 'total'],
  ['cached_tokens', 'cached'],
  ['reasoning_tokens', 'reasoning'],
]

/** Where the counts are: as the rules say, as the family has them, then by their usual names. */
export function usageOf(document: Upstream, family: ManifestSource): Usage {
  const usage: Usage = { ...family.usage }
  const known = (count: Count) => [usage[count] ?? []].flat()
  for (const [name, count] of COUNTS) usage[count] = unique([...known(count), `$.${name}`])
  for (const { extract, fields } of document.streaming.event_map) {
    const said: Readonly<Record<string, unknown>> = { ...fields, ...extract }
    if (typeof said['usage'] !== 'string') continue
    const object = `${rooted(said['usage'])}.`
    for (const [name, count] of COUNTS) {
      const path = typeof said[name] === 'string' ? rooted(said[name]) : ''
      if (path.startsWith(object)) usage[count] = unique([`$.${path.slice(object.length)}`, ...known(count)])
    }
  }
  return usage
}

function unique(paths: readonly string[]): string[] {
  return [...new Set(paths)]
}
