import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A path for a file that is there no longer than `work` goes on. */
export async function withFile(work) {
  const folder = await mkdtemp(join(tmpdir(), 'braid-bench-'))
  try {
    return await work(join(folder, 'history.db'))
  } finally {
    await rm(folder, { recursive: true })
  }
}
