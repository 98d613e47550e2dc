import { readFile } from 'node:fs/promises'
import { BraidError } from '@braid/core'
import { parse as parseYaml } from 'yaml'
import { type ManifestData, manifestSchema } from './manifest-data.ts'
import { compileProtocol, type Protocol } from './protocol.ts'

/**
 * A provider's protocol as data: how to call it, how to read its stream.
 *
 * @example
 * const manifest = await Manifest.load('acme.yaml')
 * const model = new iModel({ provider: manifest, model: 'acme-large' })
 */
export class Manifest {
  readonly id: string
  readonly data: ManifestData
  /** @internal Its rules, compiled. */
  readonly protocol!: Protocol

  private constructor(data: ManifestData) {
    this.id = data.id
    this.data = data
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
    const result = manifestSchema.safeParse(typeof source === 'string' ? parseText(source) : source)
    if (result.success) return new Manifest(result.data)
    const [first] = result.error.issues
    const more = result.error.issues.length - 1
    throw new BraidError(
      'invalid_manifest',
      `The manifest's field ${first?.path.map(String).join('.') || '(all of it)'} is wrong: ${first?.message}.${more > 0 ? ` And ${more} more.` : ''}`,
      { cause: result.error },
    )
  }
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
