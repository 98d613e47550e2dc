import { manifestOf, type ProviderName, providerNames } from '@braid/models'
import {
  type FamilyName,
  family,
  type Manifest,
  StreamProcessor as ManifestProcessor,
  manifests,
  type StreamConfig,
} from '@braid/stream'

/** A provider, or a protocol that Braid reads and whose requests another client makes; `bedrock` is `bedrock-converse`. */
export type StreamName = ProviderName | FamilyName | 'bedrock'

/**
 * Reads a provider's stream that you already hold: a `fetch` Response, recorded bytes, the events of AWS's client.
 *
 * Throws `unknown_provider`, with the closest name, and `invalid_request` for a timeout that is no time.
 *
 * @example
 * const processor = new StreamProcessor('bedrock', { timeout: { idle: 30_000 } })
 * const { stream } = await client.send(new ConverseStreamCommand(request), { abortSignal: signal })
 * for await (const chunk of processor.process(stream, { signal })) console.log(chunk.type)
 */
export class StreamProcessor extends ManifestProcessor {
  constructor(provider: StreamName | Manifest, config: StreamConfig = {}) {
    super(typeof provider === 'string' ? named(provider) : provider, config)
  }
}

/** A provider comes before a protocol of the same name: what `ollama` is called by speaks OpenAI's. */
function named(name: StreamName): Manifest {
  if (name === 'bedrock') return family('bedrock-converse')
  const called: readonly string[] = providerNames()
  return !called.includes(name) && Object.hasOwn(manifests, name) ? family(name as FamilyName) : manifestOf(name)
}
