// A tool that asks first, above an amount. The operation waits; the rest of the run does not.
import './local.ts'
import { createInterface } from 'node:readline/promises'
import { Builder, flowStream, Session, tool } from 'braid'
import { z } from 'zod'

const refund = tool({
  name: 'refund',
  description: 'Refunds an order',
  input: z.object({ order: z.string(), cents: z.number().int().positive() }),
  approval: ({ cents }) => cents > 5_000,
  run: async ({ order, cents }) => ({ order, refunded: cents }),
})

/** Whoever sits at the terminal; without one, nobody, and that is no. */
async function manager(question: string): Promise<boolean> {
  console.log(question)
  if (!process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('y/n? ')
  terminal.close()
  return answer === 'y'
}

const session = await Session.open('.braid/desk.db', { imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })
builder.react({ instruction: 'Handle ticket 4711: two parcels never came', tools: [refund], branch: 'ticket-4711' })

const stream = flowStream(builder)
for await (const [, chunk] of stream) {
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'tool-result') console.log('refunded', chunk.input)
  if (chunk.type === 'tool-approval-request') {
    const yes = await manager(`May it call ${chunk.toolName} with ${JSON.stringify(chunk.input)}?`)
    if (yes) await stream.approve(chunk.approvalId)
    else await stream.deny(chunk.approvalId, 'not without the manager')
  }
}
console.log()
await session.close()
