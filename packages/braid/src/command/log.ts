import type { BranchRecord, Message } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { styles } from './style.ts'

/** Prints the branches of a database and what was said on them, each fork below the branch it comes from. */
export async function log(path: string, only?: string): Promise<number> {
  const store = await openStore(path, { readOnly: true })
  const { bold, dim } = styles(process.stdout)
  try {
    const branches = await store.branches()
    const byId = new Map(branches.map((branch) => [branch.id, branch]))
    const shown = only === undefined ? branches : branches.filter((branch) => branch.name === only)
    if (shown.length === 0) {
      const known = branches.map((branch) => branch.name).join(', ') || 'none'
      console.log(only === undefined ? 'no branches yet' : `no branch is called "${only}"; there are: ${known}`)
      return only === undefined ? 0 : 1
    }
    for (const branch of shown) {
      const messages = await store.messages(branch.id)
      console.log(bold(branch.name) + dim(`  ${messages.length} messages${origin(branch, byId)}`))
      for (const message of messages) console.log(entry(message, dim))
      console.log()
    }
    return 0
  } finally {
    await store.close()
  }
}

function origin(branch: BranchRecord, byId: ReadonlyMap<string, BranchRecord>): string {
  if (!branch.parent) return ''
  const parent = byId.get(branch.parent.id)
  // Counted as they are shown: the system message is the first.
  const at = branch.parent.at + (parent?.system ? 1 : 0)
  return `, a fork of ${parent?.name ?? branch.parent.id} ${at === 0 ? 'from its beginning' : `after its message ${at}`}`
}

function entry(message: Message, dim: (text: string) => string): string {
  const { content } = message
  const partial = message.status === 'partial' ? ' (partial)' : ''
  const model = content.type === 'assistant-response' && content.model !== '' ? ` ${content.model}` : ''
  const head = `  ${dim(`${message.createdAt.toISOString().replace('T', ' ').slice(0, 19)}`)} ${message.role}${dim(model)}${partial}`
  const context = content.type === 'instruction' && content.context !== undefined ? [`(with context) `] : []
  const body = [...context, message.text].join('').split('\n')
  return [head, ...body.map((line) => `    ${line}`)].join('\n')
}
