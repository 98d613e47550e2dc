// Code that decides, and a model that speaks through it.
import { Builder, flowStream, iModel, Session } from 'braid'

const session = new Session()
session.services.register(
  new iModel('groq/llama-3.3-70b', { name: 'quick' }),
  new iModel('openai/gpt-4o', { name: 'careful' }),
)

const answer = session.registerOperation(
  'answer',
  async function* ({ imodel, signal }, { question }: { question: string }) {
    const model = imodel(question.length < 80 ? 'quick' : 'careful')
    const reply = model.invoke(question, { signal })
    yield* reply // its chunks are this operation's chunks
    return { by: model.name, text: (await reply.response).text }
  },
)

const builder = new Builder({ session })
const reply = builder.add('reply', answer, { question: 'Why is the sky blue?' }, { retry: 3, timeout: 20_000 })
const stream = flowStream(reply)
for await (const text of stream.text()) process.stdout.write(text)
console.log(`\n(${(await stream.result(reply)).by})`)
