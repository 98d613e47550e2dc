// A web handler: the reader may go, the run goes on, and the reader finds its place again.
import { Builder, flowStream, Session } from 'braid'

const session = await Session.open('web.db', { imodel: 'openai/gpt-4o-mini' })

export async function POST(request: Request): Promise<Response> {
  const { question, branch } = (await request.json()) as { question: string; branch: string }
  const builder = new Builder({ session })
  builder.communicate({ instruction: question, branch })
  const run = await flowStream(builder).detach()
  return run.stream().toResponse() // its x-braid-run header names the run
}

export async function GET(request: Request): Promise<Response> {
  const id = new URL(request.url).searchParams.get('run') ?? ''
  const run = await session.runs.get(id)
  return run.stream({ after: Number(request.headers.get('last-event-id') ?? 0) }).toResponse()
}

export async function DELETE(request: Request): Promise<Response> {
  const run = await session.runs.get(new URL(request.url).searchParams.get('run') ?? '')
  await run.cancel('the user pressed stop')
  return new Response(null, { status: 204 })
}
