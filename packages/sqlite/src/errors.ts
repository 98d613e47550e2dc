import { BraidError } from '@braid/core'

/** The code that SQLite gave, such as `SQLITE_BUSY` or `SQLITE_IOERR_FSYNC` (https://sqlite.org/rescode.html). */
function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Whether another connection holds the lock that was asked for, so that the same call may work a moment later. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')
}

/** Whether the file was taken away under the store. */
export function isGone(error: unknown): boolean {
  return error instanceof BraidError && error.code === 'database_gone'
}

/** The border: a Braid error for whatever the driver threw while working on the file at `path`. */
export function fromSqlite(error: unknown, path: string): BraidError {
  if (error instanceof BraidError) return error
  const cause = { cause: error }
  const code = sqliteCode(error)
  if (isBusy(error)) return databaseLocked(path, cause)
  if (code === 'SQLITE_NOTADB') return notADatabase(path, 'it is some other kind of file', cause)
  if (code === 'SQLITE_READONLY_DBMOVED') return databaseGone(path, cause)
  if (code.startsWith('SQLITE_READONLY')) return databaseReadOnly(path, cause)
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_IOERR_SHORT_READ') return databaseCorrupt(path, cause)
  if (code === 'SQLITE_FULL') {
    return new BraidError('disk_full', `There is no room to write to ${path}: free some space and write again.`, cause)
  }
  if (error instanceof TypeError && error.message.includes('connection is not open')) return sessionClosed(path)
  const message = error instanceof Error ? error.message : String(error)
  return new BraidError(
    'unknown',
    `SQLite could not work on ${path}: ${message}${code === '' ? '' : ` (${code})`}.`,
    cause,
  )
}

type Cause = { readonly cause?: unknown }

function databaseLocked(path: string, cause: Cause = {}): BraidError {
  return new BraidError(
    'database_locked',
    `Another process kept ${path} locked for longer than the store waits: see who has it open (\`fuser ${path}\`), or wait longer with \`lockTimeout\`.`,
    cause,
  )
}

export function notADatabase(path: string, what: string, cause: Cause = {}): BraidError {
  return new BraidError(
    'not_a_database',
    `Expected a Braid database at ${path}, but ${what}. It was left as it is: give another path.`,
    cause,
  )
}

export function databaseReadOnly(path: string, cause: Cause = {}): BraidError {
  return new BraidError(
    'database_read_only',
    `${path} cannot be written: give this user write access to the file and to its folder (SQLite keeps its -wal and -shm files beside it), or copy it to where there is.`,
    cause,
  )
}

export function openedReadOnly(path: string): BraidError {
  return new BraidError('database_read_only', `${path} was opened with \`readOnly\`: open it without to write to it.`)
}

export function databaseCorrupt(path: string, cause: Cause = {}): BraidError {
  return new BraidError(
    'database_corrupt',
    `${path} is damaged: restore a backup, or save what can still be read: \`braid export ${path} --rescue\`, or \`sqlite3 ${path} .recover\`.`,
    cause,
  )
}

/** `saved` is where what it had has been saved. */
export function databaseGone(path: string, cause: Cause = {}, saved?: string): BraidError {
  return new BraidError(
    'database_gone',
    `${path} was deleted, moved or replaced while it was open. ${
      saved === undefined
        ? 'What was being written is not kept: open the session again.'
        : `All that it had, and what was being written, is in ${saved}: put that where it belongs, and open the session again.`
    }`,
    cause,
  )
}

export function databaseMissing(path: string, cause: Cause = {}): BraidError {
  return new BraidError(
    'database_missing',
    `There is no database at ${path}, and reading makes none: check the path.`,
    cause,
  )
}

export function folderMissing(path: string, folder: string, cause: Cause = {}): BraidError {
  return new BraidError(
    'folder_missing',
    `Cannot open ${path}: there is no folder ${folder}. Make it first, or give another path.`,
    cause,
  )
}

export function sessionClosed(path: string): BraidError {
  return new BraidError('session_closed', `The store on ${path} has been closed: open the session again to use it.`)
}
