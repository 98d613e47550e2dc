// Several tools in one step: they run at once, each within its time, and the model has their results in the order of its calls.
import './local.ts'
import { setTimeout } from 'node:timers/promises'
import { Builder, flow, Session, tool } from 'braid'
import { z } from 'zod'

const PRICES: Readonly<Record<string, number>> = { AAPL: 178.5, MSFT: 380.2 }
const input = z.object({ symbol: z.string() })
let running = 0
let most = 0

const price = tool({
  name: 'price',
  description: 'The price of a share, now',
  input,
  timeout: 10_000,
  async run({ symbol }, { signal }) {
    most = Math.max(most, ++running)
    await setTimeout(symbol === 'AAPL' ? 60 : 30, undefined, { signal }) // as a request would: it stops with the run
    running--
    return PRICES[symbol] ?? 'unknown'
  },
})
const company = tool({
  name: 'company',
  description: 'What a company does',
  input,
  run: ({ symbol }) => ({ symbol, sector: 'Technology' }),
})

await using session = new Session({ imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })
const tools = [price, company]
const comparison = builder.react({ instruction: 'Compare the shares AAPL and MSFT', tools, branch: 'shares' })
console.log((await flow(comparison)).get(comparison))
console.log(`${most} prices were asked for at once`)

for (const { content } of await (await session.branch('shares')).messages()) {
  if (content.type === 'action-response') console.log(content.outcomes.map(({ toolName }) => toolName).join(', '))
}
