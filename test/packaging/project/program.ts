import { startProviderServer } from '@braid/testing'
import { iModel, Session } from 'braid'

await using server = await startProviderServer({ reply: 'It works.' })
const imodel = new iModel('openai/gpt-4o-mini', { baseUrl: `${server.url}/v1`, apiKey: 'any' })
await using session = await Session.open('work.db', { imodel })
console.log(await session.conduct('communicate', 'chat', { instruction: 'Does it?' }))
