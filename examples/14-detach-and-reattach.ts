// A web handler: the reader may go, the run goes on, and the reader finds its place again.
import './local.ts'
import { Builder, flowStream, Session } from 'braid'

await using session = await Session.open('.braid/web.db', { imodel: 'openai/gpt-4o-mini' })

async function POST(request: Request): Promise<Response> {
  const builder = new Builder({ session })
  builder.communicate({ name: 'answer', instruction: await request.text(), branch: 'web' })
  const run = await flowStream(builder).detach()
  return run.stream().toResponse() // its x-braid-run header names the run
}

async function GET(request: Request): Promise<Response> {
  const run = await session.runs.get(new URL(request.url).searchParams.get('run') ?? '')
  return run.stream({ after: Number(request.headers.get('last-event-id') ?? 0) }).toResponse()
}

/** What a browser's EventSource does: reads events, and remembers the id of the last. This one is gone after so many. */
async function read({ body }: Response, events: number): Promise<string> {
  let last = ''
  for await (const event of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const [, name, value] = event.match(/^(id|event): (.*)\n/) ?? []
    const { chunk, status } = JSON.parse(event.match(/^data: (.*)$/m)?.[1] ?? '{}')
    if (name === 'id') last = value ?? ''
    if (chunk?.type === 'text-delta') process.stdout.write(chunk.data)
    if (name === 'event') console.log(`\n(${value}: ${status})`)
    if (--events === 0) break
  }
  return last
}

const response = await POST(new Request('http://localhost/', { method: 'POST', body: 'What is a list?' }))
const last = await read(response, 6)
console.log('… (the connection broke, and comes back)')
const url = `http://localhost/?run=${response.headers.get('x-braid-run')}`
await read(await GET(new Request(url, { headers: { 'last-event-id': last } })), Number.POSITIVE_INFINITY)
