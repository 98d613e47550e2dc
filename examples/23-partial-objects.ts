// A structured answer, drawn while it grows.
import './local.ts'
import { Builder, flowStream, Session } from 'braid'
import { z } from 'zod'

const Recipe = z.object({ title: z.string(), steps: z.array(z.object({ text: z.string(), minutes: z.number() })) })

const builder = new Builder({ session: new Session({ imodel: 'gemini/gemini-2.5-flash' }) })
const recipe = builder.generate({ instruction: 'A recipe for dal', output: Recipe })

const stream = flowStream(recipe)
for await (const { title, steps } of stream.partials(recipe)) {
  if (process.stdout.isTTY) console.clear()
  console.log(title ?? '…')
  for (const step of steps ?? []) console.log(`  ${step?.minutes ?? '?'} min  ${step?.text ?? '…'}`)
}
const minutes = (await stream.result(recipe)).steps.reduce((sum, step) => sum + step.minutes, 0)
console.log(`${minutes} minutes`)
