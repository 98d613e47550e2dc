import type { Database } from './driver.ts'
import { startThread, type ThreadOptions } from './thread.ts'

const PROGRAM = `
try {
  const rows = workerData.statements.flatMap((sql) => {
    const statement = db.prepare(sql)
    return statement.reader ? statement.all() : (statement.run(), [])
  })
  parentPort.postMessage({ rows })
} catch (error) {
  parentPort.postMessage({ message: error.message, code: error.code })
} finally {
  db.close()
}
`

type Answer = { readonly rows: readonly unknown[] } | { readonly message: string; readonly code: string | undefined }

/**
 * Runs statements that take long, in a thread of their own where there can be one, and gives all rows of them. Throws what the driver threw. What is in
 * memory only `db` can see.
 */
export async function aside(
  db: Database,
  statements: readonly string[],
  options: ThreadOptions,
): Promise<readonly unknown[]> {
  const thread = db.memory ? undefined : startThread(PROGRAM, { statements }, options)
  if (thread === undefined) return statements.flatMap((sql) => runHere(db, sql))
  const answer = await new Promise<Answer>((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('The thread ended without an answer.')))
  })
  await thread.terminate()
  if ('rows' in answer) return answer.rows
  throw Object.assign(new Error(answer.message), { code: answer.code })
}

function runHere(db: Database, sql: string): readonly unknown[] {
  const statement = db.prepare(sql)
  if (statement.reader) return statement.all()
  statement.run()
  return []
}
