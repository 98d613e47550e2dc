import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { BraidError, newId, type Store } from '@braid/core'
import { whileBusy } from './busy.ts'
import { connect, type Database } from './driver.ts'
import {
  databaseCorrupt,
  databaseMissing,
  databaseReadOnly,
  folderMissing,
  fromSqlite,
  notADatabase,
} from './errors.ts'
import { APPLICATION_ID, createSchema, migrate, SCHEMA_VERSION, versionOf } from './schema.ts'
import { SalvageStore } from './salvage-store.ts'
import { SearchIndex } from './search-index.ts'
import { SqliteStore } from './sqlite-store.ts'

export interface StoreOptions {
  /** Reads a database that exists and writes nothing: neither rows nor a missing file. Default: false. */
  readonly readOnly?: boolean
  /**
   * Reads a database that is damaged, and writes nothing: what cannot be read is left out, and `care.check` says what that is. All of it is read once when
   * it is opened. Default: false.
   */
  readonly rescue?: boolean
  /** How long to wait in all for another process to let go of the file, in milliseconds. Default: 5000. */
  readonly lockTimeout?: number
  /** The largest file or image in a message, in bytes; larger ones are refused with `file_too_large`. Default: 33,554,432 (32 MB). */
  readonly maxFileBytes?: number
  /**
   * What a power loss can take. A crash of the process, `kill -9` too, takes nothing of what was written, either way.
   *
   * - `'normal'` (the default): the last writes, those since the disk was last made to keep what it had. What is left is whole and in order: as the
   *   file was a moment before.
   * - `'full'`: nothing, where the disk keeps its word; each commit waits for it, which takes milliseconds.
   */
  readonly synchronous?: 'normal' | 'full'
  /**
   * Makes the index for {@link Store.search}, where the file has none; what is there already is indexed in the background, and a search waits for that.
   * A file that has an index keeps it, whoever writes to it. It takes about as much room as the text. Default: false.
   */
  readonly search?: boolean
  /** Where better-sqlite3's native binary is, when a bundler has moved it. Default: where npm puts it. */
  readonly nativeBinding?: string
}

const LOCK_TIMEOUT_MS = 5000
const MAX_FILE_BYTES = 32 * 1024 * 1024
const MEMORY = ':memory:'

/**
 * Opens the history in the SQLite file at `path`, and makes it when it is missing; `:memory:` keeps it in memory.
 *
 * A file that is not Braid's is never changed. Throws `folder_missing`, `database_missing` (with `readOnly`), `not_a_database`,
 * `newer_database`, `database_read_only`, `database_locked`, `database_corrupt`, `disk_full` or `native_binary`.
 *
 * @example
 * const store = await openStore('work.db')
 * for (const branch of await store.branches()) console.log(branch.name, await store.length(branch.id))
 * await store.close()
 */
export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const {
    rescue = false,
    readOnly: asked = false,
    lockTimeout = LOCK_TIMEOUT_MS,
    maxFileBytes = MAX_FILE_BYTES,
    synchronous = 'normal',
    search = false,
    nativeBinding,
  } = options
  const readOnly = asked || rescue
  if (!(typeof lockTimeout === 'number' && lockTimeout >= 0)) {
    throw new BraidError(
      'invalid_request',
      `expected \`lockTimeout\` in milliseconds, from 0; got ${String(lockTimeout)}`,
    )
  }
  if (!(typeof maxFileBytes === 'number' && maxFileBytes >= 0)) {
    throw new BraidError('invalid_request', `expected \`maxFileBytes\` in bytes, from 0; got ${String(maxFileBytes)}`)
  }
  if (synchronous !== 'normal' && synchronous !== 'full') {
    throw new BraidError(
      'invalid_request',
      `expected \`synchronous\` to be 'normal' or 'full'; got ${String(synchronous)}`,
    )
  }
  const file = path === MEMORY ? MEMORY : resolve(path)
  let db: Database | undefined
  try {
    if (file !== MEMORY) checkPlace(path, file, readOnly)
    const connection = await connect(file, { readOnly, nativeBinding })
    db = connection
    await whileBusy(() => prepare(connection, file, { readOnly, synchronous, search }), lockTimeout)
    if (rescue) return await SalvageStore.open(connection, file)
    return new SqliteStore(connection, { path: file, readOnly, lockTimeout, maxFileBytes, nativeBinding })
  } catch (error) {
    db?.close()
    throw openError(error, file)
  }
}

/** What SQLite would report with one code for all, or not at all: it takes an empty path for a file that is deleted at the end. */
function checkPlace(path: string, file: string, readOnly: boolean): void {
  if (path.trim() === '') throw notADatabase("''", 'the path is empty')
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw notADatabase(file, 'it is a folder')
  if (found !== undefined) return
  const folder = dirname(file)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw folderMissing(file, folder)
  if (readOnly) throw databaseMissing(file)
}

/** Nothing is set, least of all the journal mode, before the file is known to be Braid's or empty. */
function prepare(
  db: Database,
  path: string,
  { readOnly, synchronous, search }: Required<Pick<StoreOptions, 'readOnly' | 'synchronous' | 'search'>>,
): void {
  const isNew = isEmpty(db, path)
  if (readOnly) {
    if (isNew) throw notADatabase(path, 'it is empty')
    return
  }
  // The page size can be chosen before the first page is written and never in WAL mode: the order of these two matters.
  if (isNew) db.pragma('page_size = 16384')
  db.pragma('journal_mode = WAL')
  db.pragma(`synchronous = ${synchronous === 'full' ? 'FULL' : 'NORMAL'}`)
  // 32 MB: the checkpointer's thread does it long before. What that has not copied by then, and it alone, some commit does.
  db.pragma('wal_autocheckpoint = 2000')
  db.pragma('foreign_keys = ON')
  if (!isNew) {
    if (versionOf(db) < SCHEMA_VERSION) db.transaction(() => migrate(db)).immediate()
    else checkWritable(db)
  } else {
    db.transaction(() => {
      // Asked again inside the write lock: another process may have made the tables since.
      if (isEmpty(db, path)) createSchema(db, { id: newId(), createdAt: new Date() })
    }).immediate()
  }
  if (search) db.transaction(() => SearchIndex.create(db)).immediate()
}

/** SQLite opens what it may not write for reading, and lets even BEGIN IMMEDIATE pass: only a write tells. */
function checkWritable(db: Database): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    db.pragma(`user_version = ${versionOf(db)}`)
  } finally {
    if (db.inTransaction) db.exec('ROLLBACK')
  }
}

function isEmpty(db: Database, path: string): boolean {
  const applicationId = db.pragma('application_id', { simple: true })
  const version = versionOf(db)
  if (applicationId === APPLICATION_ID) {
    if (version <= SCHEMA_VERSION) return false
    throw new BraidError(
      'newer_database',
      `${path} was written by a newer Braid (schema ${version}; this one knows up to ${SCHEMA_VERSION}): update Braid to open it.`,
    )
  }
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (applicationId !== 0 || version !== 0 || tables !== 0)
    throw notADatabase(path, 'it is the database of another program')
  return true
}

function openError(error: unknown, path: string): BraidError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOTDIR':
      return folderMissing(path, dirname(path), { cause: error })
    // With the folder known to be there, this user may not read the file, or may not make the -shm file that even reading needs.
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_CANTOPEN':
      return databaseReadOnly(path, { cause: error })
    // Braid's mark without Braid's tables.
    case 'SQLITE_ERROR':
      return databaseCorrupt(path, { cause: error })
    default:
      return fromSqlite(error, path)
  }
}
