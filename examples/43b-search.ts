// Functions as tools, by name: a search (here over files; yours may ask the network) and today's date. The answer streams.
import './local.ts'
import { readdir, readFile } from 'node:fs/promises'
import { Builder, flowStream, Session, Tool } from 'braid'
import { z } from 'zod'

const news = new URL('fixtures/news/', import.meta.url)

async function search({ words }: { words: string[] }) {
  const found: { source: string; text: string }[] = []
  for (const source of await readdir(news)) {
    const text = await readFile(new URL(source, news), 'utf8')
    if (words.some((word) => text.toLowerCase().includes(word.toLowerCase()))) found.push({ source, text })
  }
  return found
}

async function today() {
  return new Date().toISOString().slice(0, 10)
}

await using session = await Session.open('.braid/search.db', { imodel: 'anthropic/claude-sonnet-4-5' })
session.services.register(
  Tool.fromFunction(search, {
    description: 'News that has one of these words. Use it for whatever may have changed lately.',
    input: z.object({ words: z.array(z.string()) }),
  }),
  Tool.fromFunction(today, { description: 'The date of today', input: z.object({}) }),
)

const builder = new Builder({ session })
const tools = ['search', 'today']
builder.react({ instruction: 'What is new in energy this year?', tools, branch: 'news', maxSteps: 4 })
for await (const text of flowStream(builder).text()) process.stdout.write(text)

console.log('\n')
for (const { role, content } of await (await session.branch('news')).messages()) console.log(role, content.type)
