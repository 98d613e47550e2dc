// A function is a model too: handy for a proxy, a cache, a rule, or a model that Braid has never heard of.
import './local.ts'
import { Builder, flow, iModel } from 'braid'

const models = [
  new iModel('anthropic/claude-haiku-4-5'),
  iModel.from(
    async function* ({ messages }) {
      yield `You sent ${messages.length} message. `
      yield 'I have no opinion.'
    },
    { name: 'echo' },
  ),
]

const builder = new Builder()
const answers = builder.fanOut(models, (imodel) => builder.generate({ instruction: 'Tabs or spaces?', imodel }))
console.log((await flow(builder)).all(answers))
