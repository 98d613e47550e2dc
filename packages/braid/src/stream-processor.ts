import { manifestOf, type ProviderName } from '@braid/models'
import { type Manifest, StreamProcessor as ManifestProcessor, type StreamConfig } from '@braid/stream'

/**
 * Reads a provider's stream that you already hold: a `fetch` Response, recorded bytes, the events of AWS's client.
 *
 * Throws `unknown_provider`, with the closest name, and `invalid_request` for a timeout that is no time.
 *
 * @example
 * const processor = new StreamProcessor('anthropic', { timeout: { idle: 30_000 } })
 * for await (const chunk of processor.process(createReadStream('answer.sse'))) console.log(chunk.type)
 */
export class StreamProcessor extends ManifestProcessor {
  constructor(provider: ProviderName | Manifest, config: StreamConfig = {}) {
    super(typeof provider === 'string' ? manifestOf(provider) : provider, config)
  }
}
