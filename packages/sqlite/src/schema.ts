import type { Database } from './driver.ts'
import { textOf } from './text.ts'

/** "Brai": what `file` and SQLite itself can tell a Braid database by (https://sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x42726169
export const SCHEMA_VERSION = 3

/**
 * The tables. `key` is a row's number in the file, which other rows refer to; `id` is what the program calls it. Times are ISO 8601 in
 * UTC, lists and values JSON.
 *
 * A branch owns the entries after the `shared` first positions of its `parent`, so a fork is one row of `branches`. Entries and messages
 * are only ever added.
 */
const TABLES = `
CREATE TABLE sessions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  sender TEXT,
  recipient TEXT,
  created_at TEXT NOT NULL,
  content TEXT NOT NULL,
  metadata TEXT
) STRICT;

CREATE TABLE branches (
  key INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  parent INTEGER REFERENCES branches,
  shared INTEGER NOT NULL DEFAULT 0,
  system INTEGER REFERENCES messages,
  resources TEXT,
  capabilities TEXT,
  created_at TEXT NOT NULL,
  window TEXT,
  archived INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  UNIQUE (name, session)
) STRICT;

CREATE TABLE entries (
  branch INTEGER NOT NULL REFERENCES branches,
  position INTEGER NOT NULL,
  message INTEGER NOT NULL REFERENCES messages,
  PRIMARY KEY (branch, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_message ON entries (message);

CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  error TEXT,
  plan TEXT,
  lease TEXT
) STRICT;
`

const OPERATIONS = `
-- result_kind: 'json' is in result; 'undefined' was undefined; 'lost' could not be stored (a function, a cycle, an instance of a class).
CREATE TABLE operations (
  key INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  branch TEXT,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  started_at TEXT,
  ended_at TEXT,
  duration_ms REAL,
  result TEXT,
  result_kind TEXT,
  usage TEXT,
  error TEXT,
  because TEXT,
  partial INTEGER REFERENCES messages,
  UNIQUE (run, id)
) STRICT;
`

const LATER = `
CREATE INDEX branches_by_parent ON branches (parent);
CREATE INDEX branches_by_system ON branches (system) WHERE system IS NOT NULL;
CREATE INDEX operations_by_partial ON operations (partial) WHERE partial IS NOT NULL;

-- Files and images, once each: hash is the SHA-256 of data. What has one says so in its content: {"$blob": "<hash>"}.
CREATE TABLE blobs (
  key INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  data BLOB NOT NULL
) STRICT;

-- Which messages have which blobs.
CREATE TABLE message_blobs (
  message INTEGER NOT NULL REFERENCES messages,
  blob INTEGER NOT NULL REFERENCES blobs,
  PRIMARY KEY (message, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_blobs_by_blob ON message_blobs (blob);

-- What a run said, in parts: data has count chunks, the first of which has the number first.
CREATE TABLE run_log (
  run INTEGER NOT NULL REFERENCES runs,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (run, first)
) STRICT;

-- What an operation has to know when another process makes it again.
CREATE TABLE memos (
  run INTEGER NOT NULL REFERENCES runs,
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, operation, key)
) STRICT, WITHOUT ROWID;

-- What other processes asked of the one that runs it.
CREATE TABLE requests (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES runs,
  request TEXT NOT NULL
) STRICT;
CREATE INDEX requests_by_run ON requests (run, key);
`

/** What a person reads in the sqlite3 shell: `SELECT * FROM conversation WHERE branch = 'article'`. */
const VIEWS = `
CREATE VIEW conversation AS
WITH RECURSIVE segment (branch, owner, upto) AS (
  SELECT key, key, 9223372036854775807 FROM branches
  UNION ALL
  SELECT segment.branch, branches.parent, min(segment.upto, branches.shared)
  FROM segment JOIN branches ON branches.key = segment.owner
  WHERE branches.shared > 0 AND segment.upto > 0
),
place (branch, position, message) AS (
  SELECT key, 0, system FROM branches WHERE system IS NOT NULL
  UNION ALL
  SELECT segment.branch, entries.position, entries.message
  FROM segment JOIN entries ON entries.branch = segment.owner AND entries.position <= segment.upto
)
SELECT branches.name AS branch, place.position, messages.role, messages.status,
  ${textOf('messages', 'messages.content')} AS text
FROM place JOIN branches ON branches.key = place.branch JOIN messages ON messages.key = place.message
WHERE branches.deleted = 0
ORDER BY place.branch, place.position;

CREATE VIEW outcomes AS
SELECT runs.id AS run, operations.id AS operation, operations.kind, operations.branch, operations.status, operations.attempts,
  operations.duration_ms, json_extract(operations.usage, '$.inputTokens') AS input_tokens,
  json_extract(operations.usage, '$.outputTokens') AS output_tokens, operations.because, operations.error
FROM operations JOIN runs ON runs.key = operations.run
ORDER BY operations.key;
`

/** Makes the tables in an empty database, inside the transaction that is open. */
export function createSchema(db: Database, session: { readonly id: string; readonly createdAt: Date }): void {
  for (const statements of [TABLES, OPERATIONS, LATER, VIEWS]) db.exec(statements)
  db.prepare('INSERT INTO sessions (id, created_at) VALUES (?, ?)').run(session.id, session.createdAt.toISOString())
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${SCHEMA_VERSION}`)
}

/** What each version added to the one before it, by version. */
const MIGRATIONS: ReadonlyMap<number, string> = new Map([
  [2, 'ALTER TABLE branches ADD COLUMN window TEXT'],
  [
    3,
    `
ALTER TABLE branches ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE branches ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN plan TEXT;
ALTER TABLE runs ADD COLUMN lease TEXT;
DROP VIEW conversation;
DROP VIEW outcomes;
ALTER TABLE operations RENAME TO operations_2;
${OPERATIONS}
INSERT INTO operations SELECT * FROM operations_2;
DROP TABLE operations_2;
${LATER}
${VIEWS}
`,
  ],
])

/** Brings the tables of an earlier Braid to what {@link createSchema} makes, inside the transaction that is open. */
export function migrate(db: Database): void {
  for (let version = versionOf(db) + 1; version <= SCHEMA_VERSION; version += 1) {
    const statement = MIGRATIONS.get(version)
    if (statement !== undefined) db.exec(statement)
  }
  db.pragma(`user_version = ${SCHEMA_VERSION}`)
}

export function versionOf(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}
