import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type FilePart, Message } from '@braid/core'
import { openStore } from '@braid/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { create, MAIN, rejects, temporaryFolder } from './history.ts'

describe('files in messages', () => {
  test('the same bytes are stored once, however many messages have them, and read back with each', async () => {
    const { path, store } = await open()
    const image = picture(50_000, 1)
    const messages = [
      withFiles(image),
      withFiles(image, picture(50_000, 2), image),
      new Message({
        content: { type: 'assistant-response', parts: [image], finishReason: 'stop', usage: {}, model: '' },
      }),
    ]
    await store.write([create(), append(messages)])
    await store.write([append([withFiles(image)])])
    expect(isDeepStrictEqual((await store.messages(MAIN.id)).slice(0, 3), messages)).toBe(true)
    expect(blobs(path)).toEqual([50_000, 50_000])
    await store.close()
  })

  test('small ones stay in their message, where they cost less', async () => {
    const { path, store } = await open()
    await store.write([create(), append([withFiles(picture(100, 1))])])
    expect(blobs(path)).toEqual([])
    await store.close()
  })

  test('what the caller does to the bytes afterwards is not what is stored', async () => {
    const { store } = await open()
    const bytes = new Uint8Array(1000).fill(1)
    const writing = store.write([create(), append([withFiles({ type: 'file', mediaType: 'image/png', bytes })])])
    bytes.fill(9)
    await writing
    expect(await store.messages(MAIN.id)).toHaveProperty('0.content.files.0.bytes', new Uint8Array(1000).fill(1))
    expect(await store.care?.check()).toEqual([])
    await store.close()
  })

  test('one that is larger than `maxFileBytes` is file_too_large, naming both sizes, and nothing of its write happens', async () => {
    const { store } = await open({ maxFileBytes: 1000 })
    await store.write([create(), append([withFiles(picture(1000, 1))])])
    await rejects(
      store.write([append([Message.instruction('x')]), append([withFiles(picture(1001, 1))])]),
      'file_too_large',
      '1001',
      '1000',
      'maxFileBytes',
    )
    expect(await store.length(MAIN.id)).toBe(1)
    await rejects(openStore(':memory:', { maxFileBytes: Number.NaN }), 'invalid_request', 'maxFileBytes')
    await store.close()
  })

  test('by default that is 32 MB', async () => {
    const { store } = await open()
    await rejects(store.write([create(), append([withFiles(picture(2 ** 25 + 1, 1))])]), 'file_too_large', '33554432')
    await store.close()
  })

  test('many large files are read a few at a time', async () => {
    const { store } = await open()
    const messages = Array.from({ length: 12 }, (_, index) => withFiles(picture(400_000, index)))
    await store.write([create(), append(messages)])
    let turns = 0
    let ticking = true
    const tick = () => {
      turns++
      if (ticking) setImmediate(tick)
    }
    setImmediate(tick)
    const read = await store.messages(MAIN.id)
    ticking = false
    expect(read.map((message, index) => bytesOf(message).equals(Buffer.alloc(400_000, index)))).toEqual(
      messages.map(() => true),
    )
    expect(turns).toBeGreaterThanOrEqual(3)
    await store.close()
  })
})

async function open(options: { maxFileBytes?: number } = {}) {
  const path = join(temporaryFolder(), 'work.db')
  return { path, store: await openStore(path, options) }
}

function picture(size: number, fill: number): FilePart {
  return { type: 'file', mediaType: 'image/png', bytes: new Uint8Array(size).fill(fill) }
}

function withFiles(...files: FilePart[]): Message {
  return Message.instruction('look', { files })
}

function append(messages: readonly Message[]) {
  return { type: 'append', branchId: MAIN.id, messages } as const
}

function bytesOf({ content }: Message): Buffer {
  const file = content.type === 'instruction' ? content.files?.[0] : undefined
  return Buffer.from(file?.bytes ?? [])
}

function blobs(path: string): unknown[] {
  const db = new Database(path, { readonly: true })
  const sizes = db.prepare('SELECT length(data) FROM blobs').pluck().all()
  db.close()
  return sizes
}
