import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface LockHolder {
  /** Resolves when the lock is free and the process has ended. */
  release(): Promise<void>
}

/** A process that has the write lock of the database at `path`. */
export async function holdLock(path: string): Promise<LockHolder> {
  const child = fork(fileURLToPath(new URL('hold-lock.mjs', import.meta.url)), [path], { execArgv: [] })
  onTestFinished(() => {
    child.kill()
  })
  const exited = once(child, 'exit')
  await once(child, 'message')
  return {
    async release() {
      child.send('release')
      await exited
    },
  }
}
