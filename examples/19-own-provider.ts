// A provider that Braid has never heard of: a YAML file and no code.
import './local.ts'
import { iModel, Manifest } from 'braid'

const acme = await Manifest.load(new URL('19-own-provider.yaml', import.meta.url))
const model = new iModel({ provider: acme, model: 'acme-large', temperature: 0.5 })

for await (const chunk of model.invoke('Why is the sky blue?')) {
  if (chunk.type === 'reasoning-delta' || chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'finish') console.log(`\n${chunk.finishReason}, ${chunk.usage.outputTokens} tokens`)
  if (chunk.type === 'raw') console.error('no rule for', chunk.rawResponse)
}
