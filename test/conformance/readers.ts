import { type FamilyName, family, type Manifest, manifests, overWire, type Wire } from '@braid/stream'
import type { StreamCase } from '../support/corpus.ts'

/** Wire formats as a corpus names them. */
export const WIRES = {
  sse: 'sse',
  jsonl: 'json_lines',
  eventstream: 'aws_eventstream',
  'json-array': 'json_array',
} as const satisfies Record<StreamCase['wire'], Wire>

/** The built-in manifests for the cases of a corpus, each compiled once. */
export class Readers {
  readonly #compiled = new Map<string, Manifest>()

  /** Undefined where Braid has no such family. */
  for({ api, wire }: Pick<StreamCase, 'api' | 'wire'>): Manifest | undefined {
    if (!isFamily(api)) return undefined
    const key = `${api} ${wire}`
    let manifest = this.#compiled.get(key)
    if (!manifest) {
      manifest = overWire(family(api), WIRES[wire])
      this.#compiled.set(key, manifest)
    }
    return manifest
  }
}

function isFamily(api: string): api is FamilyName {
  return Object.hasOwn(manifests, api)
}
