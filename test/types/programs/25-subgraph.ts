// A review is a function that builds. Used twice, it is two operations with an inside.
import { Builder, flow, type Operation, Session } from 'braid'
import { z } from 'zod'

const Verdict = z.object({ pass: z.boolean(), notes: z.array(z.string()) })

const review = (sub: Builder, text: Operation<string>) => {
  const critic = sub.communicate({ name: 'critic', instruction: 'Find every fault', contextFrom: text })
  const defender = sub.communicate({ name: 'defender', instruction: 'Defend it', contextFrom: text })
  return sub.operate({ name: 'judge', instruction: 'Decide', contextFrom: [critic, defender], output: Verdict })
}

const builder = new Builder({ session: new Session({ imodel: 'openai/gpt-4o' }) })
const essay = builder.generate({ name: 'essay', instruction: 'An essay on lighthouses' })
const poem = builder.generate({ name: 'poem', instruction: 'A poem on lighthouses' })
const verdicts = [
  builder.subgraph({ name: 'essay-review', dependsOn: essay, build: (sub) => review(sub, essay) }),
  builder.subgraph({ name: 'poem-review', dependsOn: poem, build: (sub) => review(sub, poem) }), // poem-review/judge …
]

const results = await flow(builder, {
  hooks: { onError: (operation, error) => console.error(operation.id, error.code) },
})
for (const { pass, notes } of results.all(verdicts)) console.log(pass, notes.join('; '))
