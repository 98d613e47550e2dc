import { Message, newId } from '@braid/core'
import { openStore } from '@braid/sqlite'
import Driver from 'better-sqlite3'
import { median } from '../median.mjs'
import { withFile } from './file.mjs'
import { turns } from './said.mjs'

const TIMES = 200

/** Milliseconds for a fork of a long branch, and how many rows that adds; for its last 50 messages; and for all of them. */
export default function measure({ messages }) {
  return withFile(async (path) => {
    const store = await openStore(path)
    const branch = { id: newId(), name: 'main', createdAt: new Date() }
    await store.write([{ type: 'branch', branch }])
    for (const { question, answer } of turns(messages / 2)) {
      const both = [Message.instruction(question), Message.assistant(answer)]
      await store.write([{ type: 'append', branchId: branch.id, messages: both }])
    }
    const before = rows(path)
    const fork = await timed(TIMES, (index) => {
      const record = {
        id: newId(),
        name: `fork-${index}`,
        createdAt: new Date(),
        parent: { id: branch.id, at: messages },
      }
      return store.write([{ type: 'branch', branch: record }])
    })
    const added = (rows(path) - before) / TIMES
    const last = await timed(TIMES, () => store.messages(branch.id, { last: 50 }))
    const whole = await timed(5, () => store.messages(branch.id))
    await store.close()
    return { fork, added, last, whole }
  })
}

async function timed(times, work) {
  const taken = []
  for (let index = 0; index < times; index += 1) {
    const start = performance.now()
    await work(index)
    taken.push(performance.now() - start)
  }
  return median(taken)
}

function rows(path) {
  const db = new Driver(path, { readonly: true })
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all()
  const count = tables.reduce((sum, table) => sum + db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), 0)
  db.close()
  return count
}
