import { manifests } from '@braid/stream'
import { Manifest, type ModelConfig } from 'braid'
import type { StreamCase } from '../support/corpus.ts'

/** Which provider reads a stream, at a local server. A JSON array is what Gemini streams where `alt=sse` is not asked for. */
export function readerOf({ api, wire }: StreamCase, url: string): Pick<ModelConfig, 'provider' | 'baseUrl'> {
  switch (`${api} ${wire}`) {
    case 'openai-chat sse':
      return { provider: 'openai', baseUrl: `${url}/v1` }
    case 'anthropic-messages sse':
      return { provider: 'anthropic', baseUrl: url }
    case 'gemini sse':
      return { provider: 'gemini', baseUrl: url }
    case 'gemini json-array':
      return { provider: jsonArray, baseUrl: url }
    default:
      throw new Error(`no provider here speaks ${api} as ${wire}`)
  }
}

const { gemini } = manifests
const jsonArray = Manifest.parse({
  ...gemini,
  streaming: { ...gemini.streaming, decoder: { format: 'gemini_json' } },
})
