// Ten pieces at a time, for a display that should not flicker.
import './local.ts'
import { iModel } from 'braid'

async function* inTens(text: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string[] = []
  for await (const piece of text) {
    held.push(piece)
    if (held.length < 10) continue
    yield held.join('')
    held = []
  }
  if (held.length > 0) yield held.join('')
}

const stream = new iModel('openai/gpt-4o-mini').invoke('Write a short story about a robot learning to paint')
for await (const text of inTens(stream.text())) console.log(JSON.stringify(text))
