import { type FilePart, Message } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel, type ModelId } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const file = (mediaType: string, where: Pick<FilePart, 'bytes' | 'url'>): FilePart => ({
  type: 'file',
  mediaType,
  ...where,
})
// A view into a larger buffer: what is sent is the view.
const bytes = new Uint8Array([0, 1, 2, 3, 255]).subarray(1)
const DATA = 'AQID/w=='
const png = file('image/png', { bytes })
const inline = file('image/png', { url: `data:image/png;base64,${DATA}` })
const jpeg = file('image/jpeg', { url: 'https://example.org/a.jpg' })
const pdf = file('application/pdf', { bytes })
const paper = file('application/pdf', { url: 'https://example.org/a.pdf' })
const wav = file('audio/wav', { bytes })
const note = file('text/plain', { bytes: Buffer.from('Größe') })

async function sent(id: ModelId, ...files: readonly FilePart[]): Promise<unknown> {
  const model = new iModel(id, { baseUrl: server.url, apiKey: 'k' })
  await model.invoke({ messages: [Message.instruction('What is it?', { files })] }).response
  const { body } = server.requests.at(-1)!
  const [turn] = (body['messages'] ?? body['input'] ?? body['contents']) as { content?: unknown; parts?: unknown }[]
  return turn?.content ?? turn?.parts
}

describe('files of an instruction', () => {
  it('go to OpenAI before the text', async () => {
    expect(await sent('openai/m', png, inline, jpeg, pdf, wav)).toEqual([
      { type: 'image_url', image_url: { url: `data:image/png;base64,${DATA}` } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${DATA}` } },
      { type: 'image_url', image_url: { url: 'https://example.org/a.jpg' } },
      { type: 'file', file: { filename: 'file-4.pdf', file_data: `data:application/pdf;base64,${DATA}` } },
      { type: 'input_audio', input_audio: { data: DATA, format: 'wav' } },
      { type: 'text', text: 'What is it?' },
    ])
  })

  it('go to OpenAI Responses before the text', async () => {
    expect(await sent('openai-responses/m', png, jpeg, pdf, paper)).toEqual([
      { type: 'input_image', image_url: `data:image/png;base64,${DATA}` },
      { type: 'input_image', image_url: 'https://example.org/a.jpg' },
      { type: 'input_file', filename: 'file-3.pdf', file_data: `data:application/pdf;base64,${DATA}` },
      { type: 'input_file', file_url: 'https://example.org/a.pdf' },
      { type: 'input_text', text: 'What is it?' },
    ])
  })

  it('go to Anthropic before the text', async () => {
    expect(await sent('anthropic/m', png, inline, jpeg, pdf, paper, note)).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: DATA } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: DATA } },
      { type: 'image', source: { type: 'url', url: 'https://example.org/a.jpg' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: DATA } },
      { type: 'document', source: { type: 'url', url: 'https://example.org/a.pdf' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Größe' } },
      { type: 'text', text: 'What is it?' },
    ])
  })

  it('go to Gemini whatever they are, before the text', async () => {
    expect(await sent('gemini/m', png, inline, file('video/mp4', { url: 'https://youtu.be/x' }))).toEqual([
      { inlineData: { mimeType: 'image/png', data: DATA } },
      { inlineData: { mimeType: 'image/png', data: DATA } },
      { fileData: { mimeType: 'video/mp4', fileUri: 'https://youtu.be/x' } },
      { text: 'What is it?' },
    ])
  })

  it('may be all that there is of it', async () => {
    const model = new iModel('anthropic/m', { baseUrl: server.url, apiKey: 'k' })
    await model.invoke({ messages: [Message.instruction('', { files: [png] })] }).response
    expect(server.requests.at(-1)?.body['messages']).toMatchObject([{ role: 'user', content: [{ type: 'image' }] }])
  })

  it.each<[ModelId, FilePart]>([
    ['openai/m', paper],
    ['openai-responses/m', wav],
    ['anthropic/m', wav],
  ])('of a type that %s does not take are refused at the call', (id, wrong) => {
    const model = new iModel(id, { apiKey: 'k' })
    expect(() => model.invoke({ messages: [Message.instruction('x', { files: [wrong] })] })).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringContaining(wrong.mediaType) }),
    )
  })

  it('with neither bytes nor an address are refused at the call', () => {
    const model = new iModel('gemini/m', { apiKey: 'k' })
    for (const empty of [file('image/png', {}), file('image/png', { url: 'data:image/png,abc' })]) {
      expect(() => model.invoke({ messages: [Message.instruction('x', { files: [empty] })] })).toThrowError(
        expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('image/png') }),
      )
    }
  })
})

describe('a file that a model made', () => {
  const answer = new Message({
    content: {
      type: 'assistant-response',
      parts: [{ type: 'text', text: 'Here:' }, png],
      finishReason: 'stop',
      usage: {},
      model: 'm',
    },
  })
  const messages = [Message.instruction('Draw'), answer, Message.instruction('Bluer')]

  it('goes back to Gemini, and is told to any other', async () => {
    const ask = (id: ModelId) => new iModel(id, { baseUrl: server.url, apiKey: 'k' }).invoke({ messages }).response
    await ask('gemini/m')
    expect(server.requests.at(-1)?.body['contents']).toMatchObject([
      {},
      { role: 'model', parts: [{ text: 'Here:' }, { inlineData: { mimeType: 'image/png', data: DATA } }] },
      {},
    ])
    await ask('openai/m')
    expect(server.requests.at(-1)?.body['messages']).toMatchObject([
      {},
      { role: 'assistant', content: 'Here:\n[a file of type image/png]' },
      {},
    ])
  })
})
