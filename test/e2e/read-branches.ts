// A process of its own that opens a database and says what its branches hold.
import { Session } from 'braid'
import { held } from './held.ts'

const path = process.argv[2]
if (path === undefined) throw new Error('expected the path of a database')
await using session = await Session.open(path, { readOnly: true })
process.stdout.write(JSON.stringify(await held(session)))
