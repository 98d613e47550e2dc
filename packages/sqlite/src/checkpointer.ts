import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

/** About how much the -wal file may grow before it is copied into the database: 4 MB. */
const BYTES = 4_000_000
/** What a commit costs there beside what it writes: each page that it changes is there whole. */
const COMMIT_BYTES = 4 * 16_384

/** A text and not a file, so that it is found wherever a build has put this module. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const { driver, path, options } = workerData
const db = new (require(driver))(path, options)
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

export interface CheckpointerOptions {
  readonly path: string
  readonly nativeBinding?: string | undefined
}

/**
 * Copies what has been committed from the -wal file into the database, in a thread of its own: in a commit, which is where SQLite does it, it would
 * block the event loop for as long as the disk takes. The thread is started by the first who writes that much. When it cannot be, or does not keep up,
 * SQLite does it (see `wal_autocheckpoint` in open-store.ts).
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  #worker: Worker | undefined
  #written = 0
  #copying = false

  constructor(options: CheckpointerOptions) {
    this.#options = options
  }

  /** After a commit of about so many bytes. */
  wrote(bytes: number): void {
    this.#written += bytes + COMMIT_BYTES
    if (this.#written < BYTES || this.#copying) return
    this.#written = 0
    this.#copying = true
    this.#worker ??= this.#start()
    this.#worker.postMessage('copy')
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

  #start(): Worker {
    const { path, nativeBinding } = this.#options
    const worker = new Worker(WORKER, {
      eval: true,
      execArgv: [],
      workerData: {
        driver: createRequire(import.meta.url).resolve('better-sqlite3'),
        path,
        options: { fileMustExist: true, timeout: 0, ...(nativeBinding === undefined ? {} : { nativeBinding }) },
      },
    })
    worker.on('message', () => {
      this.#copying = false
    })
    // It stays `copying` then, so that it is asked nothing any more.
    worker.on('error', () => {})
    worker.unref()
    return worker
  }
}
