// A provider Braid has never heard of: a YAML file and no code.
import { iModel, Manifest } from 'braid'

const acme = await Manifest.load('acme.yaml')
const model = new iModel({ provider: acme, model: 'acme-large', apiKey: () => process.env['ACME_TOKEN'] ?? '' })

for await (const chunk of model.invoke('Who are you?')) {
  if (chunk.type === 'reasoning-delta' || chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'raw') console.error('no rule for', chunk.rawResponse)
}
