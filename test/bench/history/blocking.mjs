import { setImmediate as nextTurn } from 'node:timers/promises'
import { Message, newId } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { withFile } from './file.mjs'
import { turns } from './said.mjs'

/** How long a turn of the event loop takes, in milliseconds, while many write messages of 2 KB, each one after the other. */
export default function measure({ writers, each, search }) {
  return withFile(async (path) => {
    const store = await openStore(path, { search })
    const texts = turns(each).flatMap(({ question, answer }) => [question, answer])
    const write = async (name) => {
      const branch = { id: newId(), name, createdAt: new Date() }
      await store.write([{ type: 'branch', branch }])
      for (let index = 0; index < each; index += 1) {
        await store.write([{ type: 'append', branchId: branch.id, messages: [Message.instruction(texts[index])] }])
      }
    }
    let writing = true
    const all = Promise.all(Array.from({ length: writers }, (_, index) => write(`writer-${index}`))).then(() => {
      writing = false
    })
    const took = []
    const ran = []
    processor()
    for (let start = performance.now(); writing; ) {
      await nextTurn()
      const end = performance.now()
      took.push(end - start)
      start = end
      ran.push(processor())
    }
    await all
    await store.close()
    ran.sort((a, b) => a - b)
    took.sort((a, b) => a - b)
    return {
      ran: ran[Math.floor(ran.length * 0.99)],
      p50: took[took.length >> 1],
      p99: took[Math.floor(took.length * 0.99)],
      most: took.at(-1),
    }
  })
}

let before = process.cpuUsage()

/** Milliseconds that all threads of this process have run since this was asked last; more than a turn of the loop took where nothing else runs. */
function processor() {
  const { user, system } = process.cpuUsage(before)
  before = process.cpuUsage()
  return (user + system) / 1000
}
