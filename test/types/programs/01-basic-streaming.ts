// Seed example 1: tokens as they are made.
import { iModel } from 'braid'

const model = new iModel({ provider: 'openai', model: 'gpt-4o-mini', temperature: 0.7 })

process.stdout.write('Assistant: ')
for await (const chunk of model.invoke('Write a short story about a robot learning to paint')) {
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
}
