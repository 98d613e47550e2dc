// An answer that has to be right: the model is told what is wrong with it, twice at most, and nothing is shown before.
import './local.ts'
import { BraidError, Builder, flowStream, Session } from 'braid'
import { z } from 'zod'

const Invoice = z
  .object({ items: z.array(z.object({ name: z.string(), cents: z.number().int() })), total: z.number().int() })
  .refine(({ items, total }) => items.reduce((sum, { cents }) => sum + cents, 0) === total, {
    path: ['total'],
    message: 'expected the sum of the items',
  })

const builder = new Builder({ session: new Session({ imodel: 'anthropic/claude-haiku-4-5' }) })
const invoice = builder.generate({
  instruction: 'Make an invoice for two cups and a teapot',
  output: Invoice,
  repair: 2,
  show: 'valid',
})

const stream = flowStream(invoice)
try {
  for await (const [, chunk] of stream) {
    if (chunk.type === 'message-start') console.log('asking…')
    if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  }
  const { items, total } = await stream.result(invoice)
  console.log(`\n${items.length} items, ${total / 100} in all`)
} catch (error) {
  if (!(error instanceof BraidError)) throw error
  for (const { path, message } of error.errors?.[0]?.issues ?? []) console.error(path, message)
}
