import { Builder } from '@braid/flow'

/**
 * A graph in a Builder of its own.
 * @param {import('@braid/flow').Session} session
 * @param {number[][]} parents
 * @param {() => Promise<void>} operation What every node does.
 */
export function build(session, parents, operation) {
  const builder = new Builder({ session })
  const kind = { name: 'nothing', run: operation }
  const operations = []
  for (const each of parents) {
    const dependsOn = each.map((parent) => operations[parent])
    operations.push(builder.add(`n${operations.length}`, kind, {}, { dependsOn }))
  }
  return builder
}
