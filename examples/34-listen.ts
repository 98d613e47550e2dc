// One operation speaks, two others listen while it does: one counts what it says, one stops when it has heard enough.
import './local.ts'
import { Builder, flowStream, Session, sentences, type Chunk } from 'braid'

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })
const builder = new Builder({ session })
const tips = builder.generate({ name: 'tips', instruction: 'Give me three tips for my eyes' })

async function* textOf(chunks: AsyncIterable<Chunk>): AsyncGenerator<string> {
  for await (const chunk of chunks) if (chunk.type === 'text-delta') yield chunk.data
}

const numbered = builder.task({
  name: 'numbered',
  streamFrom: tips, // starts at its first chunk
  async *run({ stream }) {
    let count = 0
    for await (const sentence of sentences(textOf(stream(tips)))) yield `${++count}. ${sentence.trim()}\n`
    return count
  },
})
const question = builder.task({
  name: 'question',
  streamFrom: tips,
  async run({ stream }) {
    for await (const sentence of sentences(textOf(stream(tips)))) if (sentence.includes('?')) return sentence.trim()
    return 'none'
  },
})

const run = flowStream(builder)
for await (const text of run.text(numbered)) process.stdout.write(text)
console.log(await run.result(numbered), 'sentences; the first question:', await run.result(question))
