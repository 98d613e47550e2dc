import { type Answer, type ProviderServer, type ReceivedRequest, startProviderServer } from '@braid/testing'

/** A provider that says the same whenever it is asked the same, a word at a time. */
export async function steadyServer(): Promise<ProviderServer> {
  const server = await startProviderServer()
  return server.reply(answer, { times: Number.POSITIVE_INFINITY, interval: 2 })
}

function answer({ prompt, toolResults }: ReceivedRequest): Answer {
  const [, what = 'nothing'] = /Say (\w+)/.exec(prompt) ?? []
  switch (what) {
    case 'agent':
      return agent(toolResults.length)
    case 'verdict':
      return '{"good": true}'
    default:
      return `${what}: ${Array.from({ length: 40 }, (_, index) => `${what}-${index}`).join(' ')}.`
  }
}

/** By what it knows already: looks something up and books a room, books two more, and tells of it. */
function agent(known: number): Answer {
  if (known === 0) {
    const toolCalls = [
      { toolName: 'look', input: { what: 'the calendar' } },
      { toolName: 'book', input: { room: 1 } },
    ]
    return { text: 'I will see which rooms are free, and take the first.', toolCalls }
  }
  if (known === 2) {
    return {
      toolCalls: [2, 3].map((room) => ({ toolName: 'book', input: { room } })),
    }
  }
  return `agent: three rooms are booked, and ${known} calls were made.`
}
