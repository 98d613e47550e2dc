// What a run costs, by a table of prices; a budget in money; and a plan that is changed without paying twice for what stays the same.
import './local.ts'
import { Builder, flow, iModel, type ResponseCache } from 'braid'

const responseCache: ResponseCache = new Map<string, string>() // or the name of a folder
const imodel = new iModel('openai/gpt-4o-mini', {
  // For a million tokens.
  prices: { 'openai/gpt-4o-mini': { input: 0.15, output: 0.6, cached: 0.075 } },
  responseCache,
})

async function run(...instructions: string[]): Promise<void> {
  const builder = new Builder()
  const operations = instructions.map((instruction) => builder.generate({ instruction, imodel }))
  const results = await flow(builder, { budget: { cost: 0.5 } })
  const { cost = 0, outputTokens } = results.usage
  console.log(`${results.all(operations).join(' ')} (${outputTokens} tokens, ${(cost * 1e6).toFixed(1)} millionths)`)
}

await run('Name a river')
// The first answer is kept, and costs nothing.
await run('Name a river', 'Name a hill')
