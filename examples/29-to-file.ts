// Straight into a file. The file is as slow as it is, and the answer waits for it: pipeline() passes backpressure on to the socket.
import './local.ts'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { iModel } from 'braid'

const path = '.braid/story.txt'
const stream = new iModel('openai/gpt-4o-mini').invoke('Write a short story about a robot learning to paint')

await pipeline(stream.text(), createWriteStream(path))
const { text } = await stream.response
console.log(`${text.length} characters are in ${path}`)
