import type { ModelChunk, Usage } from '@braid/core'
import { iModel, type ProviderName, providerNames } from '@braid/models'
import { createPipeline, type FamilyName, family, Manifest, manifests } from '@braid/stream'
import type { StreamCase } from '../support/corpus.ts'
import { type Call, type Choice, countsOf, type Hearing } from './hearing.ts'

/** Braid as one more client of the provider server. */
export interface BraidClient {
  /** How it reads: through a model over HTTP, or through the pipeline alone. */
  readonly way: string
  hear(url: string): Promise<Hearing>
  close(): Promise<void>
}

/** Who reads an API's streams where the case's own provider has no name in Braid. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic',
  gemini: 'gemini',
  'bedrock-converse': 'bedrock',
}

/** APIs whose dialects are providers of their own: Groq's stream is read by Groq's model. */
const WITH_DIALECTS: readonly string[] = ['openai-chat', 'gemini']

/** Undefined for an API that Braid does not speak. */
export function braidClient({ api, wire, provider }: StreamCase): BraidClient | undefined {
  if (!Object.hasOwn(manifests, api)) return undefined
  if (wire === 'json-array') return called(arrayOfGemini())
  const own = WITH_DIALECTS.includes(api) && isProvider(provider) ? provider : PROVIDERS[api]
  return own !== undefined && isProvider(own) ? called(own) : piped(api as FamilyName)
}

function isProvider(name: string): name is ProviderName {
  return (providerNames() as readonly string[]).includes(name)
}

function called(provider: ProviderName | Manifest): BraidClient {
  const models = new Map<string, iModel>()
  const modelAt = (baseUrl: string): iModel => {
    const known = models.get(baseUrl)
    if (known) return known
    const model = new iModel({ provider, model: 'recorded', baseUrl, apiKey: 'any', timeout: 30_000 })
    models.set(baseUrl, model)
    return model
  }
  return {
    way: `the model of ${typeof provider === 'string' ? provider : provider.id} over HTTP`,
    hear: (url) => hear(modelAt(url).invoke('Go on.').batches()),
    close: async () => {
      await Promise.all([...models.values()].map((model) => model.close()))
    },
  }
}

function piped(name: FamilyName): BraidClient {
  let manifest: Manifest | undefined
  return {
    way: `the pipeline of ${name}`,
    hear: (url) => {
      manifest ??= family(name)
      return hear(batches(manifest, url))
    },
    close: async () => {},
  }
}

async function* batches(manifest: Manifest, url: string): AsyncGenerator<readonly ModelChunk[]> {
  const pipeline = createPipeline(manifest)
  const response = await fetch(`${url}/recorded`, { method: 'POST', body: '{}' })
  for await (const bytes of response.body ?? []) {
    yield pipeline.push(bytes)
    if (pipeline.failure) throw pipeline.failure
  }
  yield pipeline.end()
  if (pipeline.failure) throw pipeline.failure
}

/** Gemini without `alt=sse`. */
function arrayOfGemini(): Manifest {
  const { gemini } = manifests
  return Manifest.parse({
    ...gemini,
    id: 'gemini-json',
    endpoint: { ...gemini.endpoint, stream_query: {} },
    streaming: { ...gemini.streaming, decoder: { format: 'gemini_json' } },
  })
}

async function hear(source: AsyncIterable<readonly ModelChunk[]>): Promise<Hearing> {
  const choices: Record<number, Listened> = {}
  let usage: Usage = {}
  let error: unknown
  try {
    for await (const batch of source) {
      for (const chunk of batch) {
        choices[chunk.candidate] ??= { text: '', reasoning: '', refusal: '', calls: [], finishReason: null }
        take(choices[chunk.candidate]!, chunk)
        if (chunk.type === 'finish' || chunk.type === 'usage') usage = chunk.usage
      }
    }
  } catch (thrown) {
    error = thrown
  }
  return {
    choices,
    usage: usage.raw,
    counts: countsOf({
      input: usage.inputTokens,
      output: usage.outputTokens,
      total: usage.totalTokens,
      cached: usage.cachedTokens,
      cacheWrite: usage.cacheWriteTokens,
      reasoning: usage.reasoningTokens,
    }),
    ...(error === undefined ? {} : { error }),
  }
}

interface Listened extends Choice {
  text: string
  reasoning: string
  refusal: string
  readonly calls: Call[]
  finishReason: string | null
}

function take(choice: Listened, chunk: ModelChunk): void {
  if (chunk.type === 'text-delta') choice.text += chunk.data
  else if (chunk.type === 'reasoning-delta') choice.reasoning += chunk.data
  else if (chunk.type === 'refusal-delta') choice.refusal += chunk.data
  else if (chunk.type === 'finish') choice.finishReason = chunk.rawFinishReason ?? null
  else if (chunk.type === 'tool-call') {
    const { toolCallId: id, toolName: name, input, providerExecuted } = chunk
    choice.calls.push({ id, name, input, theirs: providerExecuted === true })
  }
}
