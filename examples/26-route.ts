// Code that decides, and a model that speaks through it.
import './local.ts'
import { Builder, flowStream, iModel, Session } from 'braid'

await using session = new Session()
session.services.register(
  new iModel('groq/llama-3.3-70b-versatile', { name: 'quick' }),
  new iModel('openai/gpt-4o', { name: 'careful' }),
)

const answer = session.registerOperation('answer', async function* (context, { question }: { question: string }) {
  const model = context.imodel(question.length < 80 ? 'quick' : 'careful')
  const reply = model.invoke(question, { signal: context.signal })
  yield* reply // its chunks are this operation's chunks
  return { by: model.name, text: (await reply.response).text }
})

const builder = new Builder({ session })
const reply = builder.add('reply', answer, { question: 'Why is the sky blue?' })
const stream = flowStream(reply)
for await (const text of stream.text()) process.stdout.write(text)
console.log(`\n(${(await stream.result(reply)).by})`)
