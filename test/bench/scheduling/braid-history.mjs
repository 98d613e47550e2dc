import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flow, Session } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import { build } from './build.mjs'
import { perNode } from './per-node.mjs'

/** The same, and every run and operation is in a SQLite file before its end is shown. */
export default async function measure(input) {
  const folder = await mkdtemp(join(tmpdir(), 'braid-bench-'))
  const store = await openStore(join(folder, 'bench.db'))
  const session = new Session({}, { store, record: await store.session() })
  try {
    return await perNode(
      input,
      (parents, operation) => build(session, parents, operation),
      (builder) => flow(builder),
    )
  } finally {
    await session.close()
    await rm(folder, { recursive: true })
  }
}
