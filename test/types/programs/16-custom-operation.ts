// A kind of operation of your own. It streams, is cancelled and is kept like the others, and needs no model.
import { createReadStream } from 'node:fs'
import { Builder, flowStream, Session } from 'braid'

const session = await Session.open('logs.db')

const tail = session.registerOperation('tail', async function* ({ signal }, params: { path: string }) {
  let lines = 0
  for await (const text of createReadStream(params.path, { encoding: 'utf8', signal })) {
    lines += text.split('\n').length - 1
    yield text
    yield { type: 'custom', name: 'lines', value: lines }
  }
  return { lines }
})

const builder = new Builder({ session })
const access = builder.add('access', tail, { path: 'access.log' })
const summary = builder.task({
  name: 'summary',
  dependsOn: access,
  async *run({ results }) {
    yield 'counted: '
    return `${results.get(access).lines} lines`
  },
})
const run = flowStream(builder)
for await (const text of run.text(summary)) process.stdout.write(text)
console.log(await run.result(summary), 'of', (await run.result(access)).lines)
