// A function as a model, beside Braid's own.
import { Builder, flow, iModel } from 'braid'

const models = [
  new iModel('anthropic/claude-haiku-4-5'),
  iModel.from(
    async function* ({ messages }) {
      yield `You sent ${messages.length} messages. `
      yield 'I have no opinion.'
    },
    { name: 'echo' },
  ),
]

const builder = new Builder()
const answers = builder.fanOut(models, (imodel) => builder.generate({ instruction: 'Tabs or spaces?', imodel }))
console.log((await flow(builder)).all(answers))
