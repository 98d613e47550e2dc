// A proxy, a server of your own, or a provider's own parameters: options of a model, not code.
import './local.ts'
import { iModel } from 'braid'

// Whatever speaks a format that Braid reads: a proxy, vLLM, LM Studio. A key may come from anywhere, for each call.
const proxied = new iModel('openai-compatible/gpt-4o-mini', {
  name: 'proxied',
  baseUrl: process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1',
  apiKey: async () => process.env['OPENAI_API_KEY'] ?? '',
  headers: { 'x-team': 'docs' },
})

// What only one provider has goes to it as it is, by its own names.
const openai = new iModel('openai/gpt-4o-mini', { providerOptions: { frequency_penalty: 0.5, presence_penalty: 0.5 } })
const claude = new iModel('anthropic/claude-haiku-4-5', { maxTokens: 500, providerOptions: { top_k: 40 } })

// The same model with other options; and what the environment says.
const sober = openai.with({ name: 'sober', temperature: Number(process.env['TEMPERATURE'] ?? 0) })

for (const model of [proxied, openai, claude, sober]) {
  const { text } = await model.invoke('Explain quantum computing in simple terms').response
  console.log(`${model.name}: ${text}\n`)
}
