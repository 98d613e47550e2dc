import type { Worker } from 'node:worker_threads'
import { startThread, type ThreadOptions } from './thread.ts'

/** About how much the -wal file may grow before it is copied into the database: 4 MB. */
const BYTES = 4_000_000
/** What a commit costs there beside what it writes: each page that it changes is there whole. */
const COMMIT_BYTES = 4 * 16_384

const PROGRAM = `
parentPort.on('message', (message) => {
  if (message === 'close') {
    db.close()
    process.exit(0)
  }
  try {
    db.pragma('wal_checkpoint(PASSIVE)')
  } catch {}
  parentPort.postMessage('done')
})
`

/**
 * Copies what has been committed from the -wal file into the database, in a thread of its own: in a commit, which is where SQLite does it, it would
 * block the event loop for as long as the disk takes. The thread is started by the first who writes that much. When it cannot be, or does not keep up,
 * SQLite does it (see `wal_autocheckpoint` in open-store.ts).
 */
export class Checkpointer {
  readonly #options: Pick<ThreadOptions, 'path' | 'nativeBinding'>
  #worker: Worker | undefined
  #written = 0
  #copying = false

  constructor(options: Pick<ThreadOptions, 'path' | 'nativeBinding'>) {
    this.#options = options
  }

  /** After a commit of about so many bytes. Never throws: that commit is done. */
  wrote(bytes: number): void {
    this.#written += bytes + COMMIT_BYTES
    if (this.#written < BYTES || this.#copying) return
    this.#written = 0
    this.#copying = true
    this.#worker ??= this.#start()
    this.#worker?.postMessage('copy')
  }

  /** Resolves when its connection is closed. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined || worker.threadId < 0) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.ref()
    worker.postMessage('close')
    await ended
  }

  #start(): Worker | undefined {
    const worker = startThread(PROGRAM, {}, { ...this.#options, readOnly: false, lockTimeout: 0 })
    worker?.on('message', () => {
      this.#copying = false
    })
    // It stays `copying` then, and is asked nothing any more.
    worker?.on('error', () => {})
    worker?.unref()
    return worker
  }
}
