// A long conversation of which only the end is sent, or the rest in a few words. All of it stays on the branch.
import './local.ts'
import { Builder, flow, Session } from 'braid'

await using session = await Session.open('.braid/window.db', { imodel: 'openai/gpt-4o-mini' })
const chat = await session.createBranch({ system: 'You teach Python.', window: { last: 2 } })
for (const instruction of ['What is a list?', 'How do I add items to it?', 'Show me an example with numbers']) {
  await session.conduct('communicate', chat, { instruction })
}

// The branch says what is sent, and an operation may say otherwise. What it would send can be looked at first.
const builder = new Builder({ session })
const instruction = 'What did I ask you?'
const last = builder.communicate({ instruction, branch: await chat.fork('last') })
const all = builder.communicate({ instruction, branch: await chat.fork('all'), window: 'all' })
const summed = builder.communicate({
  instruction,
  branch: await chat.fork('summed'),
  window: { summary: { after: 4, keep: 2 } },
})
for (const each of [last, all, summed]) {
  const { messages } = await session.preview(each)
  console.log(`${each.branch}: ${messages.map(({ role, text }) => `${role} ${text.length}`).join(', ')}`)
}

const results = await flow(builder)
for (const each of [last, all, summed]) console.log(`${each.branch}: ${results.get(each)}`)
