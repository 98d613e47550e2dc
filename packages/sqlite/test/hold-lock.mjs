// Another process: takes the write lock of the database at argv[2], says so, and keeps it until it gets a message.
import Database from 'better-sqlite3'

const db = new Database(process.argv[2])
db.exec('BEGIN IMMEDIATE')
process.once('message', () => {
  db.exec('COMMIT')
  db.close()
  process.disconnect()
})
process.send('locked')
