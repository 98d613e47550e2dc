import { appendFileSync } from 'node:fs'
import { Builder, iModel, jsonSchema, type Session, tool } from 'braid'
import { z } from 'zod'

/** What the plan is told of the outside. */
export interface Outside {
  readonly url: string
  /** Where what a tool does to the world is written down: one line for each time that it was done. */
  readonly ledger: string
}

const SUBJECTS = ['tides', 'moon', 'bees'] as const

/** Twelve operations: a fan-out, joins, branches that are written twice, tools, a react loop. The same answers, however often it is begun. */
export function planOf(session: Session, { url, ledger }: Outside): Builder {
  const imodel = new iModel('openai/gpt-4o-mini', { baseUrl: `${url}/v1`, apiKey: 'any' })
  session.services.register(imodel)
  const look = tool({
    name: 'look',
    description: 'Looks something up',
    input: z.object({ what: z.string() }),
    run: ({ what }) => `${what} was looked up`,
  })
  const book = tool({
    name: 'book',
    description: 'Books a room, which costs money',
    input: z.object({ room: z.number() }),
    once: true,
    run: ({ room }, { idempotencyKey }) => {
      appendFileSync(ledger, `${idempotencyKey} ${JSON.stringify({ room })}\n`)
      return `room ${room} is booked`
    },
  })

  const builder = new Builder({ session })
  const start = builder.task({ name: 'start', run: () => ({ subjects: SUBJECTS }) })
  const notes = SUBJECTS.map((subject) =>
    builder.communicate({ name: subject, branch: subject, instruction: `Say ${subject}`, dependsOn: start }),
  )
  const merged = builder.generate({ name: 'merged', instruction: 'Say merged', contextFrom: notes })
  const agent = builder.react({
    name: 'agent',
    branch: 'office',
    instruction: 'Say agent',
    tools: [look, book],
    dependsOn: notes[0]!,
  })
  const counted = builder.task({
    name: 'counted',
    dependsOn: merged,
    run: ({ results }) => results.get(merged).length,
  })
  const first = builder.task({ name: 'first', dependsOn: notes, join: 'any', run: () => 'one of them is there' })
  const article = builder.communicate({
    name: 'article',
    branch: 'tides',
    instruction: 'Say article',
    contextFrom: [merged, agent],
  })
  const verdict = builder.generate({
    name: 'verdict',
    instruction: 'Say verdict',
    output: jsonSchema<{ good: boolean }>({
      type: 'object',
      properties: { good: { type: 'boolean' } },
      required: ['good'],
      additionalProperties: false,
    }),
    contextFrom: article,
  })
  const thanks = builder.communicate({
    name: 'thanks',
    branch: 'office',
    instruction: 'Say thanks',
    dependsOn: verdict,
  })
  builder.task({
    name: 'end',
    dependsOn: [counted, first, thanks],
    run: ({ results }) => ({ counted: results.get(counted), thanks: results.get(thanks) }),
  })
  return builder
}
