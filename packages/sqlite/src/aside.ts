import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

export interface AsideOptions {
  readonly path: string
  readonly readOnly: boolean
  readonly nativeBinding?: string | undefined
  /** Milliseconds. It waits in its own thread, where that blocks nobody. */
  readonly lockTimeout: number
}

/** A text and not a file, so that it is found wherever a build has put this module. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const { driver, path, options, statements } = workerData
try {
  const db = new (require(driver))(path, options)
  try {
    const rows = statements.flatMap((sql) => {
      const statement = db.prepare(sql)
      return statement.reader ? statement.all() : (statement.run(), [])
    })
    parentPort.postMessage({ rows })
  } finally {
    db.close()
  }
} catch (error) {
  parentPort.postMessage({ message: error.message, code: error.code })
}
`

type Answer = { readonly rows: readonly unknown[] } | { readonly message: string; readonly code: string | undefined }

/** Runs statements that take long on a connection and in a thread of their own, and gives all rows of them. Throws what the driver threw. */
export async function aside(statements: readonly string[], options: AsideOptions): Promise<readonly unknown[]> {
  const { path, readOnly, nativeBinding, lockTimeout } = options
  const worker = new Worker(WORKER, {
    eval: true,
    execArgv: [],
    workerData: {
      driver: createRequire(import.meta.url).resolve('better-sqlite3'),
      path,
      statements,
      options: {
        readonly: readOnly,
        fileMustExist: true,
        timeout: lockTimeout,
        ...(nativeBinding === undefined ? {} : { nativeBinding }),
      },
    },
  })
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('The thread ended without an answer.')))
  })
  await worker.terminate()
  if ('rows' in answer) return answer.rows
  throw Object.assign(new Error(answer.message), { code: answer.code })
}
