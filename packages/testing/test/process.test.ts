import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'

const SOURCE = new URL('../src/index.ts', import.meta.url).href

/** Runs a program that has the server and `ask(server)`, one streaming request; resolves when it has ended, with what it printed. */
async function run(program: string): Promise<{ code: number; stdout: string }> {
  const script = `
    import { request } from 'node:http'
    import { startProviderServer } from ${JSON.stringify(SOURCE)}
    const server = await startProviderServer()
    const ask = (ended = () => {}) =>
      request(server.url + '/v1/chat/completions', { method: 'POST' }, (response) => response.resume().on('end', ended).on('error', () => {}))
        .on('error', () => {})
        .end(JSON.stringify({ model: 'x', stream: true, messages: [{ role: 'user', content: 'x' }] }))
    ${program}
  `
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', '--input-type=module', '--unhandled-rejections=strict', '-e', script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const output: Buffer[] = []
  child.stdout.on('data', (piece) => output.push(piece))
  const [code] = await once(child, 'close')
  return { code, stdout: Buffer.concat(output).toString() }
}

describe('the process', () => {
  test('can end after `close`, whatever clients and scripts are still waiting for', async () => {
    const ended = await run(`
      server.reply('x', { delay: 2 ** 30 }).reply('x', { interval: 2 ** 30 }).reply('x', { fault: { type: 'endless' } })
      for (let at = 0; at < 3; at++) ask()
      await server.until(({ active }) => active === 3)
      await server.close()
      console.log('closed')
    `)
    expect(ended).toEqual({ code: 0, stdout: 'closed\n' })
  })

  test('can end without `close` after `unref`, with connections idling before it and after it', async () => {
    const ended = await run(`
      const answered = () => new Promise((resolve) => ask(resolve))
      await answered()
      server.unref()
      await answered()
      console.log(server.requests.length, server.openSockets > 0)
    `)
    expect(ended).toEqual({ code: 0, stdout: '2 true\n' })
  })

  test('stays for an answer that a client waits for, also after `unref`', async () => {
    const ended = await run(`
      server.unref().reply('one two three four five', { interval: 5 })
      ask(() => console.log(server.requests[0].bytesWritten > 0 && 'whole'))
    `)
    expect(ended).toEqual({ code: 0, stdout: 'whole\n' })
  })
})
