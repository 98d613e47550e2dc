import { statSync } from 'node:fs'
import { Message, newId } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { withFile } from './file.mjs'
import { turns } from './said.mjs'

/** Bytes that a conversation adds to an empty file, with its index of words or without; and what the empty file has. */
export default function measure({ count, search }) {
  return withFile(async (path) => {
    await (await openStore(path, { search })).close()
    const empty = statSync(path).size
    const store = await openStore(path, { search })
    const branch = { id: newId(), name: 'main', createdAt: new Date() }
    await store.write([{ type: 'branch', branch }])
    let said = 0
    for (const { question, answer } of turns(count)) {
      said += question.length + answer.length
      const messages = [Message.instruction(question), Message.assistant(answer)]
      await store.write([{ type: 'append', branchId: branch.id, messages }])
    }
    if ((await store.length(branch.id)) !== count * 2) throw new Error('Not everything is in the file.')
    await store.close()
    return { said, empty, added: statSync(path).size - empty }
  })
}
