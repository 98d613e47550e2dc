// Three answers to one question in one stream; where a provider gives one to a request, Braid makes three.
import './local.ts'
import { iModel } from 'braid'

const question = 'Suggest a name for a program that weaves streams. One word.'

for (const id of ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5'] as const) {
  const answer = new iModel(id, { n: 3, temperature: 1 }).invoke(question)
  const names = new Map<number, string>()
  for await (const chunk of answer) {
    if (chunk.type !== 'text-delta') continue
    names.set(chunk.candidate, (names.get(chunk.candidate) ?? '') + chunk.data)
  }
  const { usage } = (await answer.response).content
  console.log(`${id}: ${[...names.values()].join(', ')} (${usage.outputTokens} tokens for all)`)
}

const model = new iModel('openai/gpt-4o-mini', { n: 2, temperature: 1 })
for await (const chunk of model.invoke(question).candidate(1)) {
  if (chunk.type === 'text-delta') console.log(`\nThe second of two: ${chunk.data}`)
}
