import { BraidError } from '@braid/core'
import type BetterSqlite from 'better-sqlite3'

export type Database = BetterSqlite.Database
export type Statement<Parameters extends unknown[] | object, Row> = BetterSqlite.Statement<Parameters, Row>

export interface DriverOptions {
  readonly readOnly: boolean
  readonly nativeBinding?: string | undefined
}

/**
 * How long the driver itself may wait for a lock, in milliseconds. It blocks the event loop while it waits, so this covers another
 * process's short transaction and no more; `whileBusy` waits for the rest.
 */
const BUSY_TIMEOUT_MS = 3

/**
 * A connection. The driver and its native binary are loaded here and not at import, so that a program which never opens a file does not
 * need them. Throws `native_binary`, or the driver's own error.
 */
export async function connect(path: string, { readOnly, nativeBinding }: DriverOptions): Promise<Database> {
  const { default: Driver } = await import('better-sqlite3').catch(rethrowAsNativeBinary)
  try {
    return new Driver(path, {
      timeout: BUSY_TIMEOUT_MS,
      readonly: readOnly,
      fileMustExist: readOnly,
      ...(nativeBinding === undefined ? {} : { nativeBinding }),
    })
  } catch (error) {
    if (isLoadError(error)) rethrowAsNativeBinary(error)
    throw error
  }
}

/** Another connection of the same kind, where there is no time to wait for one: to the file at `path`, which is there. */
export function openBeside(db: Database, path: string): Database {
  const Driver = db.constructor as typeof BetterSqlite
  return new Driver(path, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true })
}

/** `bindings` says "Could not locate the bindings file" and gives no code; Node's loader gives one. */
function isLoadError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  return (
    code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND' || error.message.startsWith('Could not locate the bind')
  )
}

function rethrowAsNativeBinary(error: unknown): never {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  // `bindings` goes on with a list of the places it tried.
  const reason = `${line.replace(/(\. Tried:|\.)$/, '')}.`
  throw new BraidError(
    'native_binary',
    `better-sqlite3 could not load its native binary for Node ${process.version} (${process.platform}, ${process.arch}): ${reason} ` +
      'Run `npm rebuild better-sqlite3` with this Node; with pnpm, allow its build script first (`allowBuilds`).',
    { cause: error },
  )
}
