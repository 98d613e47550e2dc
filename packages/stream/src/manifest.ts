import { readFile } from 'node:fs/promises'
import { BraidError } from '@braid/core'
import { parse as parseYaml } from 'yaml'
import type { z } from 'zod'
import { type ManifestData, manifestSchema } from './manifest-data.ts'
import { compileProtocol, type Protocol } from './protocol.ts'
import type { EventMapper } from './upstream/choice.ts'
import { upstreamSchema } from './upstream/document.ts'
import type { Remark } from './upstream/remarks.ts'
import { translate } from './upstream/translate.ts'

/**
 * A provider's protocol as data: how to call it, how to read its stream. In Braid's own format, or as ai-protocol's versions 1 and 2 write
 * it, which say so in `protocol_version`.
 *
 * @example
 * const manifest = await Manifest.load('acme.yaml')
 * const model = new iModel({ provider: manifest, model: 'acme-large' })
 */
export class Manifest {
  readonly id: string
  readonly data: ManifestData
  /** Of a manifest of ai-protocol: what was not taken as it stands, and what was filled in. Nothing, of Braid's own. */
  readonly remarks: readonly Remark[]
  /** What maps events, by ai-lib's names. */
  readonly mapper: EventMapper
  /** @internal Its rules, compiled. */
  readonly protocol!: Protocol

  private constructor(data: ManifestData, remarks: readonly Remark[], mapper: EventMapper) {
    this.id = data.id
    this.data = data
    this.remarks = remarks
    this.mapper = mapper
    // Closures have nothing to show where a manifest is printed.
    Object.defineProperty(this, 'protocol', { value: compileProtocol(data) })
    Object.freeze(this)
  }

  /** Reads a YAML or JSON file. Throws `invalid_manifest` when it cannot be read or does not hold one. */
  static async load(path: string | URL): Promise<Manifest> {
    let source: string
    try {
      source = await readFile(path, 'utf8')
    } catch (error) {
      throw new BraidError('invalid_manifest', `Expected a manifest in the file ${path}; it cannot be read.`, {
        cause: error,
      })
    }
    return Manifest.parse(source)
  }

  /** From YAML or JSON text, or from data. Throws `invalid_manifest`, naming the field. */
  static parse(source: string | object): Manifest {
    const document = typeof source === 'string' ? parseText(source) : source
    if (!isUpstream(document)) return new Manifest(valid(manifestSchema, document), [], 'ProtocolEventMapper')
    const { choice, remarks, source: translated } = translate(valid(upstreamSchema, withoutNulls(document)))
    return new Manifest(valid(manifestSchema, translated), remarks, choice.mapper)
  }
}

function isUpstream(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'protocol_version' in document
}

/** A field without a value is one that was left out: YAML makes null of `event_map:` with nothing behind it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutNulls(inner)]))
}

/** Throws `invalid_manifest`, naming the first field that is wrong. */
function valid<T>(schema: z.ZodType<T>, document: unknown): T {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const [first] = result.error.issues
  const more = result.error.issues.length - 1
  throw new BraidError(
    'invalid_manifest',
    `The manifest's field ${first?.path.map(String).join('.') || '(all of it)'} is wrong: ${first?.message}.${more > 0 ? ` And ${more} more.` : ''}`,
    { cause: result.error },
  )
}

function parseText(source: string): unknown {
  try {
    // JSON is YAML.
    return parseYaml(source)
  } catch (error) {
    throw new BraidError('invalid_manifest', 'Expected a manifest in YAML or JSON; the text is neither.', {
      cause: error,
    })
  }
}
