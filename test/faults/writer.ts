// Another process: writes messages to the file at argv[2], so many as argv[4] on the branch `own-<argv[3]>` and so many on the branch `shared`, says so,
// and with `stay` as argv[5] waits to be killed.
import { Message, newId } from '@braid/core'
import { openStore } from '@braid/sqlite'

const [path = '', name = '', count = '0', stay] = process.argv.slice(2)
const store = await openStore(path, { lockTimeout: 60_000 })
const own = { id: newId(), name: `own-${name}`, createdAt: new Date() }
await store.write([{ type: 'branch', branch: own }])
const shared = await store.branch('shared')
const writes: Promise<void>[] = []
for (let index = 0; index < Number(count); index++) {
  for (const branchId of [own.id, shared?.id]) {
    if (branchId === undefined) continue
    const messages = [Message.instruction(`${name} ${index} ${'x'.repeat(200)}`)]
    writes.push(store.write([{ type: 'append', branchId, messages }]))
  }
  if (index % 50 === 49) await Promise.all(writes.splice(0))
}
await Promise.all(writes)
process.send?.('written')
if (stay === 'stay') setInterval(() => {}, 1000)
else await store.close()
