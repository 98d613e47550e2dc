import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel } from '../src/index.ts'
import { read } from './support/read.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

describe('a model with a validator', () => {
  it('shows what it allows, and takes back the block that it does not', async () => {
    server.reply({ reasoning: 'think of it', text: 'the password is swordfish, ok' })
    const validate = ({ text }: { readonly text: string }) => !text.includes('swordfish')
    const stream = new iModel('anthropic/claude-sonnet-4-5', { baseUrl: server.url, apiKey: 'k', validate }).invoke('x')
    const { chunks, error } = await read(stream)
    expect(error).toBeUndefined()
    expect(JSON.stringify(chunks)).not.toContain('swordfish')
    expect(chunks.map(({ type }) => type)).toContain('redaction')
    const message = await stream.response
    expect(message.text).toBe('')
    expect(message.content.parts).toMatchObject([{ type: 'reasoning', text: 'think of it' }])
  })

  it('runs no call whose input it does not allow', async () => {
    server.reply({
      toolCalls: [
        { toolName: 'rm', input: { path: '/' } },
        { toolName: 'ls', input: { path: '.' } },
      ],
    })
    const validate = ({ type, text }: { readonly type: string; readonly text: string }) =>
      type !== 'tool-input' || !text.includes('/')
    const { chunks } = await read(new iModel('openai/m', { baseUrl: server.url, apiKey: 'k', validate }).invoke('x'))
    expect(chunks.filter(({ type }) => type === 'tool-call')).toMatchObject([{ toolName: 'ls' }])
  })
})
