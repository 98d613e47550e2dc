// What is kept of a file that grows: a copy while it is in use, old runs removed, and one conversation taken out and brought elsewhere.
import './local.ts'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { lines, Session } from 'braid'

const files = ['.braid/kept.db', '.braid/backup.db', '.braid/moved.db', '.braid/kept.jsonl']
await Promise.all(files.map((file) => rm(file, { force: true })))

await using session = await Session.open('.braid/kept.db', { imodel: 'openai/gpt-4o-mini' })
for (const city of ['Oslo', 'Rome', 'Lima']) {
  await session.conduct('communicate', `about ${city}`, { instruction: `Is ${city} worth a visit?` })
}

// A whole copy, also while others write.
await session.backup('.braid/backup.db')

// A conversation that is over. What no branch has any more goes with the next pruning.
await (await session.branch('about Rome')).delete()
const week = 7 * 24 * 60 * 60 * 1_000
console.log('older than a week:', await session.prune({ olderThan: new Date(Date.now() - week) }))
console.log('all but the last:', await session.prune({ keep: 1 }))
await session.vacuum()
const { branches, messages, runs } = await session.stats()
console.log({ branches, messages, runs }, (await session.check()).length, 'problems')

// Elsewhere: lines of JSON, and the same session again.
await pipeline(session.export(), createWriteStream('.braid/kept.jsonl'))
await using moved = await Session.import(lines(createReadStream('.braid/kept.jsonl', 'utf8')), '.braid/moved.db')
console.log(moved.id === session.id, (await moved.branches()).map(({ name }) => name).join(', '))
