// One question to four providers at once, each on a branch of its own. Only the first word of the model's name differs.
import './local.ts'
import { Builder, flow, iModel, Session } from 'braid'

const options = { temperature: 0.7, maxTokens: 500 }
const models = [
  new iModel('openai/gpt-4o-mini', options),
  new iModel('anthropic/claude-haiku-4-5', options),
  new iModel('gemini/gemini-2.5-flash', options),
  new iModel('groq/llama-3.3-70b-versatile', options),
]

await using session = await Session.open('.braid/providers.db')
const builder = new Builder({ session })
const instruction = 'What is the difference between AI and machine learning?'
const answers = builder.fanOut(models, (imodel) =>
  builder.communicate({ name: imodel.provider, branch: imodel.provider, instruction, imodel }),
)

const results = await flow(builder)
for (const answer of answers) console.log(`${answer.id}: ${results.get(answer)}\n`)

// Any of the conversations can go on, with any model.
const next = { instruction: 'Say it in five words.', imodel: models[3]! }
console.log(await session.conduct('communicate', 'anthropic', next))
