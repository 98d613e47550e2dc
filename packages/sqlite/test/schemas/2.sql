-- A file of schema 2, as `.dump` wrote it, with everything in it that a store can hold.
PRAGMA application_id = 1114792297;
PRAGMA user_version = 2;
CREATE TABLE sessions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT;
INSERT INTO sessions VALUES(1,'s-1','2026-01-02T03:04:00.000Z');
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
INSERT INTO messages VALUES(1,'m-system','system','complete',NULL,NULL,'2026-01-02T03:04:00.000Z','{"type":"system","system":"Be brief."}',NULL);
INSERT INTO messages VALUES(2,'m-question','user','complete',NULL,NULL,'2026-01-02T03:04:02.000Z','{"type":"instruction","instruction":"What is SSE?"}',NULL);
INSERT INTO messages VALUES(3,'m-answer','assistant','complete',NULL,NULL,'2026-01-02T03:04:03.000Z','{"type":"assistant-response","parts":[{"type":"text","text":"Server-sent events."}],"finishReason":"stop","usage":{"inputTokens":9,"outputTokens":4},"model":"openai/gpt"}',NULL);
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
  UNIQUE (name, session)
) STRICT;
INSERT INTO branches VALUES(1,1,'b-main','main',NULL,0,1,'["gpt","search"]','[]','2026-01-02T03:04:01.000Z',NULL);
INSERT INTO branches VALUES(2,1,'b-fork','fork',1,1,NULL,NULL,NULL,'2026-01-02T03:04:04.000Z','{"last":4}');
CREATE TABLE entries (
  branch INTEGER NOT NULL REFERENCES branches,
  position INTEGER NOT NULL,
  message INTEGER NOT NULL REFERENCES messages,
  PRIMARY KEY (branch, position)
) STRICT, WITHOUT ROWID;
INSERT INTO entries VALUES(1,1,2);
INSERT INTO entries VALUES(1,2,3);
CREATE TABLE runs (
  key INTEGER PRIMARY KEY,
  session INTEGER NOT NULL REFERENCES sessions,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  error TEXT
) STRICT;
INSERT INTO runs VALUES(1,1,'r-1','running','2026-01-02T03:04:05.000Z',NULL,NULL);
CREATE TABLE operations (
  key INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  branch TEXT,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  started_at TEXT,
  ended_at TEXT NOT NULL,
  duration_ms REAL,
  result TEXT,
  result_kind TEXT,
  usage TEXT,
  error TEXT,
  because TEXT,
  partial INTEGER REFERENCES messages,
  UNIQUE (run, id)
) STRICT;
INSERT INTO operations VALUES(1,1,'ask','communicate','main','failed',1,NULL,'2026-01-02T03:04:06.000Z',NULL,NULL,NULL,NULL,'{"code":"overloaded","message":"try later","retryable":true}',NULL,NULL);
CREATE INDEX entries_by_message ON entries (message);
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
  CASE json_extract(messages.content, '$.type')
    WHEN 'system' THEN json_extract(messages.content, '$.system')
    WHEN 'instruction' THEN json_extract(messages.content, '$.instruction')
    WHEN 'assistant-response' THEN (
      SELECT group_concat(json_extract(part.value, '$.text'), '') FROM json_each(messages.content, '$.parts') AS part
      WHERE json_extract(part.value, '$.type') = 'text'
    )
    ELSE messages.content
  END AS text
FROM place JOIN branches ON branches.key = place.branch JOIN messages ON messages.key = place.message
ORDER BY place.branch, place.position;
CREATE VIEW outcomes AS
SELECT runs.id AS run, operations.id AS operation, operations.kind, operations.branch, operations.status, operations.attempts,
  operations.duration_ms, json_extract(operations.usage, '$.inputTokens') AS input_tokens,
  json_extract(operations.usage, '$.outputTokens') AS output_tokens, operations.because, operations.error
FROM operations JOIN runs ON runs.key = operations.run
ORDER BY operations.key;
