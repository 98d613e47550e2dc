// Three desks, one article.
import { Builder, flowStream, Session } from 'braid'

const session = new Session({ imodel: 'openai/gpt-4o-mini' })
const builder = new Builder({ session })

const research = builder.communicate({ name: 'research', instruction: 'Collect five facts about sleep, with sources' })
const draft = builder.communicate({
  name: 'write',
  instruction: 'Write 300 words from these facts',
  contextFrom: research,
})
const article = builder.communicate({
  name: 'edit',
  instruction: 'Edit for clarity. Keep every fact.',
  contextFrom: [research, draft],
  imodel: 'anthropic/claude-sonnet-4-5',
})

const stream = flowStream(builder)
for await (const text of stream.text(article)) process.stdout.write(text)
console.log(`\n${(await stream.results).usage.totalTokens} tokens`)
