// An outline decides at run time how many chapters there are.
import { Builder, flowStream, Session } from 'braid'
import { z } from 'zod'

const Outline = z.object({
  title: z.string(),
  chapters: z.array(z.object({ heading: z.string(), points: z.array(z.string()) })),
})

const builder = new Builder({ session: await Session.open('book.db', { imodel: 'openai/gpt-4o' }) })
const outline = builder.operate({ name: 'outline', instruction: 'Outline a short book on tides', output: Outline })
const chapters = builder.expand({
  name: 'chapters',
  dependsOn: outline,
  items: (results) => results.get(outline).chapters,
  each: (chapter, sub) => {
    const draft = sub.communicate({
      name: 'draft',
      instruction: `Write "${chapter.heading}": ${chapter.points.join('; ')}`,
    })
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
  if (chunk.type === 'operation-end') console.log(operationId, chunk.status, stream.progress) // chapters/3/polish completed …
}
console.log(await stream.result(book))
