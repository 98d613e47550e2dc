// A program of a few lines, run by a test as a process of its own: it asks once and does not close its model.
import { iModel } from '../../src/index.ts'

const baseUrl = process.argv[2]
if (baseUrl === undefined) throw new Error('expected an address')
const { text } = await new iModel('openai/m', { baseUrl, apiKey: 'key' }).invoke('Hello').response
console.log(text)
