import { iModel, type ModelId, type ProviderName } from '@braid/models'
import { startProviderServer } from '@braid/testing'
import { scripted } from './scripted.ts'

/** The models of the demo: three to be asked, one to write, and where they are. */
export interface Voices {
  readonly asked: readonly iModel[]
  readonly writer: iModel
  readonly notice: string
  close(): Promise<void>
}

/** Where each provider's key is looked for, and the model that is asked when it is there. */
const KEYED: readonly (readonly [variable: string, provider: ProviderName, model: string])[] = [
  ['OPENAI_API_KEY', 'openai', 'gpt-4o-mini'],
  ['ANTHROPIC_API_KEY', 'anthropic', 'claude-haiku-4-5'],
  ['GEMINI_API_KEY', 'gemini', 'gemini-2.5-flash'],
  ['GROQ_API_KEY', 'groq', 'llama-3.3-70b-versatile'],
]

/** How long a local Ollama has to say that it is there, in milliseconds. */
const OLLAMA_MS = 400

/** Real models where there are keys or a local Ollama, otherwise Braid's own provider server on this machine. */
export async function findVoices(env: NodeJS.ProcessEnv): Promise<Voices> {
  const ids = KEYED.filter(([variable]) => env[variable]).map(([, provider, model]): ModelId => `${provider}/${model}`)
  const ollama = await localOllama(env)
  if (ollama) ids.push(ollama)
  return ids.length > 0 ? realVoices(ids) : localVoices()
}

function realVoices(ids: readonly ModelId[]): Voices {
  const asked = [0, 1, 2].map((index) => {
    const id = ids[index % ids.length] as ModelId
    const provider = id.slice(0, id.indexOf('/'))
    return new iModel(id, { name: index < ids.length ? provider : `${provider}-${index + 1}`, maxTokens: 700 })
  })
  const writer = asked[0] as iModel
  const close = async (): Promise<void> => void (await Promise.all(asked.map((model) => model.close())))
  return { asked, writer, notice: `Asking ${ids.join(', ')}.`, close }
}

async function localVoices(): Promise<Voices> {
  const server = await startProviderServer({ reply: scripted, interval: 14 })
  const { url } = server
  const apiKey = 'none-needed'
  const asked = [
    new iModel('openai/gpt-4o-mini', { name: 'openai', baseUrl: `${url}/v1`, apiKey }),
    new iModel('anthropic/claude-haiku-4-5', { name: 'anthropic', baseUrl: url, apiKey }),
    new iModel('gemini/gemini-2.5-flash', { name: 'gemini', baseUrl: url, apiKey }),
  ]
  const notice = [
    `No API key and no Ollama found, so the answers come from Braid's local provider server (${url}):`,
    'real HTTP in the formats of OpenAI, Anthropic and Gemini, and prepared texts.',
    `For real models set ${KEYED.map(([variable]) => variable).join(', ')}, or start Ollama.`,
  ].join('\n')
  return { asked, writer: asked[0] as iModel, notice, close: () => server.close() }
}

/** The first model of an Ollama that answers where OLLAMA_HOST says or at its usual place. */
async function localOllama(env: NodeJS.ProcessEnv): Promise<ModelId | undefined> {
  const host = env['OLLAMA_HOST'] ?? 'http://127.0.0.1:11434'
  try {
    const answer = await fetch(new URL('/api/tags', host.includes('://') ? host : `http://${host}`), {
      signal: AbortSignal.timeout(OLLAMA_MS),
    })
    const { models } = (await answer.json()) as { models?: { name?: string }[] }
    const name = models?.[0]?.name
    return name === undefined ? undefined : `ollama/${name}`
  } catch {
    return undefined
  }
}
