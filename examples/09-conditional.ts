// Classify a ticket, then take one road; both roads meet again.
import './local.ts'
import { Builder, flow, Session } from 'braid'
import { z } from 'zod'

const Ticket = z.object({ kind: z.enum(['bug', 'question']), summary: z.string() })

const builder = new Builder({ session: new Session({ imodel: 'openai/gpt-4o-mini' }) })
const ticket = builder.parse({
  name: 'ticket',
  text: 'The export crashes when a name has an emoji in it',
  output: Ticket,
})

const fix = builder.communicate({
  name: 'fix',
  instruction: (results) => `Propose a fix: ${results.get(ticket).summary}`,
  dependsOn: ticket,
  when: (results) => results.get(ticket).kind === 'bug',
})
const answer = builder.communicate({
  name: 'answer',
  instruction: 'Answer the question from the manual',
  contextFrom: ticket,
  when: (results) => results.get(ticket).kind === 'question',
})
const reply = builder.communicate({
  name: 'reply',
  instruction: 'Write the reply',
  contextFrom: [fix, answer],
  join: 'any',
})

const results = await flow(builder)
console.log(results.get(ticket))
console.log('fix:', results.find(fix) ?? 'none was needed')
console.log('answer:', results.find(answer) ?? 'none was needed')
console.log('reply:', results.get(reply))
