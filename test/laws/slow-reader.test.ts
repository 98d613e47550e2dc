import { Builder, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { askers, ground } from './material.ts'
import { turn } from './turn-clock.ts'

/*
 * What no peer does: parallel streams merged with backpressure, and cleaned up on `break`. The reader takes six chunks and waits after each
 * for as long as anybody would produce more.
 */

const TAKEN = 6
/** As much as Node gives of a socket at once. */
const NETWORK_READ = 65_536

/** Until what is counted has stood still for many turns of the event loop, each with time for the network. */
async function settled(count: () => number): Promise<void> {
  let last = -1
  for (let still = 0; still < 40; ) {
    await turn()
    await new Promise((resolve) => setTimeout(resolve, 1))
    still = count() === last ? still + 1 : 0
    last = count()
  }
}

describe.each([[4], [undefined]])(
  'two operations at once, with a bound of %s chunks, and a reader who takes six',
  (bound) => {
    const options = bound === undefined ? {} : { buffer: { chunks: bound } }
    const declared = bound ?? 64

    test('custom operations produce no more than was taken and their bounds, and both are told to stop by `break`', async () => {
      const builder = new Builder()
      let produced = 0
      let told = 0
      for (const name of ['a', 'b']) {
        builder.task({
          name,
          async *run({ signal }) {
            signal.addEventListener('abort', () => {
              told += 1
            })
            for (let value = 0; value < 40_000 && !signal.aborted; value += 1) {
              produced += 1
              yield { type: 'custom', name: 'n', value }
              if (value % 20 === 19) await turn()
            }
          },
        })
      }
      let taken = 0
      for await (const [, { type }] of flowStream(builder, options)) {
        if (type !== 'custom') continue
        taken += 1
        await settled(() => produced)
        expect(produced).toBeLessThanOrEqual(taken + 2 * declared)
        if (taken === TAKEN) break
      }
      const by = produced
      expect(told).toBe(2)
      await settled(() => produced)
      expect(produced, 'produced after `break`').toBe(by)
    })

    test('over HTTP no more is read of a socket than was taken, the bound, and one network read; then both sockets are closed', async () => {
      const { server, sockets, builder } = await ground()
      server.reply('word', { fault: { type: 'endless' }, times: 2 })
      const plan = builder()
      askers(plan, 2)
      const read = (): number => sockets.sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
      const taken = new Map<string, number>()
      let frame = 0
      let chunks = 0
      for await (const [id, chunk] of flowStream(plan, options)) {
        if (chunk.type !== 'text-delta') continue
        // Its line, the empty line after it, and what HTTP puts around it.
        frame = Math.max(frame, `data: ${JSON.stringify(chunk.rawResponse)}\n\n`.length + 12)
        taken.set(id, (taken.get(id) ?? 0) + 1)
        chunks += 1
        await settled(read)
        const head = 2_000
        for (const { bytesRead } of sockets.sockets) {
          expect(bytesRead).toBeLessThanOrEqual(head + (TAKEN + declared) * frame + NETWORK_READ)
        }
        if (chunks === TAKEN) break
      }
      expect(taken.size, 'both had their say').toBe(2)
      expect(sockets.sockets).toHaveLength(2)
      expect(sockets.open).toBe(0)
      const by = read()
      await server.until(({ openSockets }) => openSockets === 0)
      expect(server.requests.map(({ outcome }) => outcome)).toEqual(['client-left', 'client-left'])
      expect(read()).toBe(by)
    })
  },
)

test('no barrier: the child of the fast parent shows its first chunk before the slow, unrelated sibling ends', async () => {
  const { server, builder } = await ground()
  let end!: () => void
  const until = new Promise<void>((resolve) => {
    end = resolve
  })
  server.reply('slow and long', {
    fault: { type: 'stall', after: { frames: 2 }, until },
    when: ({ prompt }) => prompt === 'slow',
  })
  server.reply('an answer', { times: 2 })
  const plan = builder()
  plan.generate({ name: 'slow', instruction: 'slow' })
  const fast = plan.generate({ name: 'fast', instruction: 'fast' })
  plan.generate({ name: 'child', instruction: 'child', contextFrom: fast })
  const seen: string[] = []
  for await (const [id, { type }] of flowStream(plan)) {
    if (type === 'text-delta' || type === 'operation-end') seen.push(`${id} ${type}`)
    if (id === 'child' && type === 'text-delta') end()
  }
  expect(seen.indexOf('child text-delta')).toBeGreaterThan(seen.indexOf('fast operation-end'))
  expect(seen.indexOf('child text-delta')).toBeLessThan(seen.indexOf('slow operation-end'))
})
