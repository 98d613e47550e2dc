// A tool that asks first. The operation waits; the rest of the run does not.
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

const builder = new Builder({ session: await Session.open('desk.db', { imodel: 'openai/gpt-4o' }) })
builder.react({ instruction: 'Handle ticket 4711: the parcel never came', tools: [refund], branch: 'ticket-4711' })

const terminal = createInterface({ input: process.stdin, output: process.stdout })
const stream = flowStream(builder)
for await (const [, chunk] of stream) {
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'tool-approval-request') {
    const yes = await terminal.question(`${chunk.toolName}(${JSON.stringify(chunk.input)})? `)
    if (yes === 'y') await stream.approve(chunk.approvalId)
    else await stream.deny(chunk.approvalId, 'not without the manager')
  }
}
