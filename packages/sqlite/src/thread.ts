import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

/** Opens `db`, a connection of the thread's own, for the program that follows. */
const PROLOGUE = `
const { parentPort, workerData } = require('node:worker_threads')
const db = new (require(workerData.driver))(workerData.path, workerData.options)
`

export interface ThreadOptions {
  readonly path: string
  readonly readOnly: boolean
  /** Milliseconds for which it waits for a lock, which blocks the thread and nobody else. */
  readonly lockTimeout: number
  readonly nativeBinding?: string | undefined
}

/**
 * Starts a program in a thread of its own, with a connection to the file. The program is a text and no file, so that it is found wherever a build has
 * put this module. Undefined where the driver is not found by its name, as in a bundle.
 */
export function startThread(program: string, data: object, options: ThreadOptions): Worker | undefined {
  const { path, readOnly, lockTimeout, nativeBinding } = options
  try {
    return new Worker(PROLOGUE + program, {
      eval: true,
      execArgv: [],
      workerData: {
        ...data,
        driver: createRequire(import.meta.url).resolve('better-sqlite3'),
        path,
        options: {
          readonly: readOnly,
          fileMustExist: true,
          timeout: lockTimeout,
          ...(nativeBinding === undefined ? {} : { nativeBinding }),
        },
      },
    })
  } catch {
    return undefined
  }
}
