// An outline decides at run time how many chapters there are, and each is drafted and polished by itself.
import './local.ts'
import { Builder, flowStream, Session } from 'braid'
import { z } from 'zod'

const Chapter = z.object({ heading: z.string(), points: z.array(z.string()) })
const Outline = z.object({ title: z.string(), chapters: z.array(Chapter) })

await using session = await Session.open('.braid/book.db', { imodel: 'openai/gpt-4o-mini' })
const builder = new Builder({ session })
const outline = builder.operate({ name: 'outline', instruction: 'Outline a short book on tides', output: Outline })
const chapters = builder.expand({
  name: 'chapters',
  dependsOn: outline,
  items: (results) => results.get(outline).chapters,
  each: ({ heading, points }, sub) => {
    const draft = sub.communicate({ name: 'draft', instruction: `Write "${heading}": ${points.join('; ')}` })
    return sub.communicate({ name: 'polish', instruction: 'Polish it', contextFrom: draft })
  },
  max: 12,
})
const book = builder.task({
  name: 'book',
  dependsOn: [outline, chapters],
  run: ({ results }) => [`# ${results.get(outline).title}`, ...results.get(chapters)].join('\n\n'),
})

const stream = flowStream(builder, { concurrency: 4 })
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'operation-end') console.log(operationId, chunk.status) // chapters/1/polish completed …
}
console.log(`\n${await stream.result(book)}`)
