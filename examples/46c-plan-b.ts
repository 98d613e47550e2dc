// A fallback as a part of the plan: the second model is asked only where the first one failed. (Without a key, it is down.)
import './local.ts'
import { Builder, flow, Session } from 'braid'

await using session = new Session()
const builder = new Builder({ session })
const instruction = 'Name the planets, please'

const first = builder.generate({ name: 'first', instruction, imodel: 'openai/gpt-4o-mini' })
const second = builder.generate({
  name: 'second',
  instruction,
  imodel: 'anthropic/claude-haiku-4-5',
  dependsOn: first,
  join: 'settled', // in whatever way it ended
  when: (results) => results.find(first) === undefined,
})
const list = builder.task({
  name: 'list',
  dependsOn: [first, second],
  join: 'any', // the first that completes
  run: ({ results }) => (results.find(first) ?? results.find(second) ?? '').split(', '),
})

const results = await flow(builder, { onError: 'continue' })
console.log(builder.toText(results).replaceAll(/\d+ ms, /g, ''))
console.log(`${results.get(list).length} planets: ${results.get(list).join(' ')}`)
