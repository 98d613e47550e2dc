import type { BranchRecord, Message } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { styles } from './style.ts'

/** Prints the branches of a database and what was said on them, each fork below the branch it comes from. */
export async function log(path: string, only?: string): Promise<number> {
  const store = await openStore(path, { readOnly: true })
  const { bold, dim } = styles(process.stdout)
  try {
    const branches = await store.branches()
    const names = new Map(branches.map((branch) => [branch.id, branch.name]))
    const shown = only === undefined ? branches : branches.filter((branch) => branch.name === only)
    if (shown.length === 0) {
      const known = branches.map((branch) => branch.name).join(', ') || 'none'
      console.log(only === undefined ? 'no branches yet' : `no branch is called "${only}"; there are: ${known}`)
      return only === undefined ? 0 : 1
    }
    for (const branch of shown) {
      const messages = await store.messages(branch.id)
      console.log(bold(branch.name) + dim(`  ${messages.length} messages${origin(branch, names)}`))
      for (const message of messages) console.log(entry(message, dim))
      console.log()
    }
    return 0
  } finally {
    await store.close()
  }
}

function origin(branch: BranchRecord, names: ReadonlyMap<string, string>): string {
  if (!branch.parent) return ''
  return `, a fork of ${names.get(branch.parent.id) ?? branch.parent.id} after its message ${branch.parent.at}`
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
