// One road or the other; both meet again.
import { Builder, flow, Session } from 'braid'

const builder = new Builder({ session: new Session({ imodel: 'openai/gpt-4o-mini' }) })
const ticket = builder.task({ run: () => ({ kind: 'bug' as 'bug' | 'question', summary: 'The export crashes' }) })

const fix = builder.communicate({
  instruction: (results) => `Propose a fix: ${results.get(ticket).summary}`,
  dependsOn: ticket,
  when: (results) => results.get(ticket).kind === 'bug',
})
const answer = builder.communicate({
  instruction: 'Answer the question from the manual',
  contextFrom: ticket,
  when: (results) => results.get(ticket).kind === 'question',
})
const reply = builder.communicate({ instruction: 'Write the reply', contextFrom: [fix, answer], join: 'any' })

const results = await flow(builder)
console.log(results.get(reply), results.find(fix) ?? 'no fix was needed')
