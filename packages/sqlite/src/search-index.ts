import { setImmediate as nextTurn } from 'node:timers/promises'
import { BraidError, type Found, type SearchQuery } from '@braid/core'
import { BlobReader } from './blob.ts'
import { whileBusy } from './busy.ts'
import type { Database, Statement } from './driver.ts'
import { fromMessageRow, MESSAGE_COLUMNS, type MessageRow } from './message-row.ts'
import { textOf } from './text.ts'

/**
 * The index has no text of its own, only where each word is. Triggers keep it, so that whoever writes to the file keeps it too, whether it knows of
 * it or not; what was there before it was made is between `upto` and `until`.
 */
const INDEX = `
CREATE VIRTUAL TABLE message_words USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
CREATE TABLE message_words_progress (upto INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
INSERT INTO message_words_progress SELECT 0, ifnull(max(key), 0) FROM messages;
CREATE TRIGGER message_words_in AFTER INSERT ON messages BEGIN
  INSERT INTO message_words (rowid, text) VALUES (new.key, ${textOf('new', "''")});
END;
CREATE TRIGGER message_words_out AFTER DELETE ON messages BEGIN
  DELETE FROM message_words WHERE rowid = old.key;
END;
`

/** How many messages are indexed before the event loop has a turn: about what a flush writes. */
const PAGE = 16
const LIMIT = 20

type Hit = MessageRow & { readonly key: number }

/** The full-text index of a file: making it, and asking it. */
export class SearchIndex {
  readonly #db: Database
  readonly #path: string
  readonly #blobs: BlobReader
  #statements:
    | { readonly hits: Statement<[string], Hit>; readonly branches: Statement<[number, number], string> }
    | undefined
  #stopped = false
  #making: Promise<void> | undefined

  constructor(db: Database, path: string) {
    this.#db = db
    this.#path = path
    this.#blobs = new BlobReader(db)
  }

  /** Makes the index in a file that has none, inside the transaction that is open. */
  static create(db: Database): void {
    if (!exists(db)) db.exec(INDEX)
  }

  /** Goes on with what is not indexed yet, page by page, and resolves when all of it is. */
  complete(lockTimeout: number): Promise<void> {
    this.#making ??= this.#make(lockTimeout).catch((error: unknown) => {
      this.#making = undefined
      throw error
    })
    return this.#making
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#making?.catch(() => {})
  }

  find(words: string, { limit = LIMIT }: SearchQuery): Found[] {
    const { hits, branches } = this.#prepared()
    const query = queryOf(words)
    const found: Found[] = []
    if (query === '' || limit <= 0) return found
    for (const hit of hits.iterate(query)) {
      const names = branches.all(hit.key, hit.key)
      if (names.length === 0) continue
      found.push({ message: fromMessageRow(hit, this.#blobs.bytes), branches: names })
      if (found.length >= limit) break
    }
    return found
  }

  async #make(lockTimeout: number): Promise<void> {
    const db = this.#db
    if (!exists(db)) return
    const progress = db.prepare<[], { upto: number; until: number }>('SELECT upto, until FROM message_words_progress')
    const end = db
      .prepare<{ upto: number; until: number }, number | null>(
        `SELECT max(key) FROM (SELECT key FROM messages WHERE key > :upto AND key <= :until ORDER BY key LIMIT ${PAGE})`,
      )
      .pluck()
    const index = db.prepare<[number, number]>(
      `INSERT INTO message_words (rowid, text) SELECT key, ${textOf('messages', "''")} FROM messages WHERE key > ? AND key <= ?`,
    )
    const advance = db.prepare<[number]>('UPDATE message_words_progress SET upto = ?')
    const page = db.transaction((): boolean => {
      const at = progress.get()
      if (at === undefined || at.upto >= at.until) return false
      const next = end.get(at) ?? at.until
      index.run(at.upto, next)
      advance.run(next)
      return true
    })
    const waits = progress.get()
    if (waits === undefined || waits.upto >= waits.until) return
    do await nextTurn()
    while (!this.#stopped && (await whileBusy(() => page.immediate(), lockTimeout)))
  }

  #prepared() {
    if (!exists(this.#db)) {
      throw new BraidError(
        'search_off',
        `${this.#path} has no index to search in: open it once with \`search: true\`, which makes one and keeps it.`,
      )
    }
    this.#statements ??= {
      hits: this.#db.prepare<[string], Hit>(
        `SELECT messages.key, ${MESSAGE_COLUMNS} FROM message_words JOIN messages ON messages.key = message_words.rowid
         WHERE message_words MATCH ? ORDER BY message_words.rank, messages.key`,
      ),
      // From where the message is, down to all forks that share it.
      branches: this.#db
        .prepare<[number, number], string>(
          `WITH RECURSIVE place (branch, position) AS (
             SELECT branch, position FROM entries WHERE message = ?
             UNION
             SELECT branches.key, place.position FROM place JOIN branches ON branches.parent = place.branch
             WHERE branches.shared >= place.position
           )
           SELECT name FROM branches WHERE deleted = 0 AND (key IN (SELECT branch FROM place) OR system = ?) ORDER BY key`,
        )
        .pluck(),
    }
    return this.#statements
  }
}

function exists(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'message_words'").get() !== undefined
}

/** Words, each as a text in quotes, so that nothing in them is a sign of the query language. */
function queryOf(words: string): string {
  return (words.match(/[\p{L}\p{M}\p{N}\p{Co}]+/gu) ?? []).map((word) => `"${word}"`).join(' ')
}
