// Go back to the second message of last week's chat, and take it elsewhere.
import { Builder, flow, Session } from 'braid'

const session = await Session.open('work.db', { imodel: 'openai/gpt-4o-mini' })
const chat = await session.branch('chat')
const [, second] = await chat.messages()

const builder = new Builder({ session })
const versions = []
for (const tone of ['sober', 'playful']) {
  const branch = await chat.fork(`chat-${tone}`, { at: second! })
  versions.push(builder.communicate({ name: tone, instruction: `Say that again in a ${tone} tone`, branch }))
}

const results = await flow(builder)
const [sober, playful] = results.all(versions)
console.log({ original: second?.text, sober, playful })
