// Two ways on from the same point of a conversation. A fork copies nothing, and the original stays as it was.
import './local.ts'
import { Builder, flow, Session } from 'braid'

await using session = await Session.open('.braid/forks.db', { imodel: 'openai/gpt-4o-mini' })
const chat = await session.createBranch()
await session.conduct('communicate', chat, { instruction: 'Explain what a fork is' })
const [, answer] = await chat.messages()

const builder = new Builder({ session })
const versions = []
for (const tone of ['sober', 'playful']) {
  const branch = await chat.fork(`${chat.name}-${tone}`, { at: answer! })
  versions.push(builder.communicate({ name: tone, instruction: `Say that again in a ${tone} tone`, branch }))
}

const results = await flow(builder)
const [sober, playful] = results.all(versions)
console.log({ original: answer?.text, sober, playful })
for (const branch of await session.branches()) console.log(branch.name, (await branch.messages()).length)
