// A conversation of three turns, and what there is to see of each message afterwards.
import './local.ts'
import { Session } from 'braid'

await using session = await Session.open('.braid/lessons.db', { imodel: 'openai/gpt-4o-mini' })
const system = 'You teach Python to beginners. Give an example with every answer.'
const lesson = await session.createBranch({ system })

for (const instruction of ['What is a list?', 'How do I add items to it?', 'Show me an example with numbers']) {
  console.log(`User: ${instruction}`)
  console.log(`Assistant: ${await session.conduct('communicate', lesson, { instruction })}\n`)
}

const messages = await lesson.messages()
for (const { role, text, content, status, createdAt } of messages) {
  const cost = content.type === 'assistant-response' ? `, ${content.usage.outputTokens} tokens of ${content.model}` : ''
  console.log(`${createdAt.toISOString().slice(0, 10)} ${role} (${status}): ${text.slice(0, 30)}…${cost}`)
}

// The last two, and what came before them.
const recent = await lesson.messages({ last: 2 })
const earlier = await lesson.messages({ before: recent[0]! })
console.log(`\n${messages.length} messages: ${earlier.length} and ${recent.length}`)
