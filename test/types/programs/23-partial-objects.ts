// A structured answer, drawn while it grows.
import { Builder, flowStream, Session } from 'braid'
import * as v from 'valibot'

const Recipe = v.object({ title: v.string(), steps: v.array(v.object({ text: v.string(), minutes: v.number() })) })

const builder = new Builder({ session: new Session({ imodel: 'gemini/gemini-2.5-flash' }) })
const recipe = builder.generate({ instruction: 'A recipe for dal', output: Recipe })

const stream = flowStream(recipe)
for await (const { title, steps } of stream.partials(recipe)) {
  console.clear()
  console.log(title ?? '…', ...(steps ?? []).map((step) => step?.text ?? '…'))
}
const minutes = (await stream.result(recipe)).steps.reduce((sum, step) => sum + step.minutes, 0)
console.log(`${minutes} minutes`)
