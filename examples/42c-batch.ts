// Many values out of one text, and one more question for each of them, once it is known how many there are.
import './local.ts'
import { Builder, flow, Session } from 'braid'
import { z } from 'zod'

const Product = z.object({ name: z.string(), price: z.number().positive(), category: z.string() })
const Label = z.object({ text: z.string().max(40), gift: z.boolean() })

await using session = new Session({ imodel: 'gemini/gemini-2.5-flash' })
const builder = new Builder({ session })

const products = builder.generate({
  name: 'products',
  instruction: 'Extract all products',
  context: 'We have the iPhone 15 for $999, the Nike Air Max for $150, and The Great Gatsby for $12.',
  output: z.array(Product),
})
const labels = builder.expand({
  name: 'labels',
  dependsOn: products,
  items: (results) => results.get(products),
  each: ({ name, category }, sub) =>
    sub.generate({ name: 'label', instruction: `Label for ${name} (${category})`, output: Label }),
  max: 20,
})

const results = await flow(builder, { concurrency: 2 })
for (const [index, { name, price, category }] of results.get(products).entries()) {
  const { text, gift } = results.get(labels)[index]!
  console.log(`${name}, $${price.toFixed(2)}, ${category}: "${text}"${gift ? ' (gift)' : ''}`)
}
