import type { BranchRecord, Store } from '@braid/core'
import type { Ancestor } from './branch.ts'

/** Where a branch comes from, its parent first. Of one that was deleted nothing is told, nor of what came before it. */
export async function lineageOf(store: Store, branch: BranchRecord): Promise<readonly Ancestor[]> {
  let { parent } = branch
  if (parent === undefined) return []
  const records = new Map((await store.branches()).map((record) => [record.id, record]))
  const lineage: Ancestor[] = []
  while (parent !== undefined) {
    const record = records.get(parent.id)
    if (record === undefined) break
    const [last] = await store.messages(record.id, { between: [parent.at - 1, parent.at] })
    lineage.push({ branch: record.name, ...(last === undefined ? {} : { at: last.id }) })
    parent = record.parent
  }
  return lineage
}
