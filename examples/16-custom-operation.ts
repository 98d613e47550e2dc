// A kind of operation of your own. It streams and is kept like the others, and needs no model.
import './local.ts'
import { createReadStream } from 'node:fs'
import { Builder, flowStream, Session } from 'braid'

await using session = await Session.open('.braid/lines.db')

const read = session.registerOperation('read', async function* ({ signal }, params: { path: string }) {
  let lines = 0
  for await (const text of createReadStream(params.path, { encoding: 'utf8', highWaterMark: 256, signal })) {
    lines += text.split('\n').length - 1
    yield text
    yield { type: 'custom', name: 'lines', value: lines }
  }
  return { lines }
})

const builder = new Builder({ session })
const source = builder.add('source', read, { path: import.meta.filename })
const verdict = builder.task({
  name: 'verdict',
  dependsOn: source,
  run: ({ results }) => (results.get(source).lines <= 40 ? 'short enough' : 'too long'),
})

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'custom') console.log(operationId, chunk.name, chunk.value)
}
console.log(await stream.result(verdict))
