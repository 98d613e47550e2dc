import { abortable, BraidError, type Chunk, errorOf } from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { Said } from '../operations/kind.ts'
import type { Ground } from './attempts.ts'
import type { AttemptContext } from './context.ts'
import type { Lane } from './lane.ts'
import type { Log } from './log.ts'
import { isYield, nameOf, type Speech } from './speech.ts'

/** What became of one attempt. `stopped`: it was told to, and did. */
export type Tried =
  | { readonly status: 'completed'; readonly result: unknown }
  | { readonly status: 'failed'; readonly error: BraidError }
  | { readonly status: 'stopped' }

/** Runs one attempt to its end: says its chunks into its lane as there is room, and tells what became of it. Never rejects. */
export async function drive(node: Node, context: AttemptContext, lane: Lane, ground: Ground): Promise<Tried> {
  const { log, before } = ground
  try {
    // A hook has no signal: what it waits for is left when the attempt is cancelled.
    if (before) await abortable(Promise.resolve(before(node.operation, context.attempt)), context.signal)
    if (takesBranch(node)) await context.openBranch()
    const made: unknown = context.cancelled ? undefined : begin(node, context)
    const result = isGenerator(made) ? await pump(made, node, context, lane, log) : await made
    return context.cancelled ? { status: 'stopped' } : { status: 'completed', result }
  } catch (error) {
    return context.cancelled ? { status: 'stopped' } : { status: 'failed', error: errorOf(node.operation.id, error) }
  } finally {
    if (!context.sealed) log.append(lane, context.speech.close())
  }
}

/** Whether it works on a branch, so that its runs take turns there. */
function takesBranch(node: Node): boolean {
  return node.branch !== undefined || (node.kind.type === 'built-in' && node.kind.of.takesTurn)
}

function begin({ kind, operation }: Node, context: AttemptContext): unknown {
  // A group has no work of its own, and does not come here.
  return kind.type === 'group' ? undefined : kind.of.run(context, operation.params as never)
}

async function pump(
  generator: AsyncGenerator<Said, unknown>,
  node: Node,
  context: AttemptContext,
  lane: Lane,
  log: Log,
): Promise<unknown> {
  let ended = false
  try {
    while (!context.cancelled) {
      const next = await generator.next()
      ended = next.done === true
      if (next.done) return next.value
      // What it says once it was told to stop is not said any more.
      if (context.cancelled) break
      log.append(lane, chunksOf(next.value, node, context.speech))
      // Asked again when it was woken: there may be room, and it be somebody else's turn of the event loop.
      for (let room = log.wait(lane); room && !context.cancelled; room = log.wait(lane)) {
        const release = context.hold()
        await room
        release()
      }
    }
    return undefined
  } finally {
    // What it opened is closed before the operation ends, also when what it yielded was no chunk.
    if (!ended) await generator.return(undefined)
  }
}

/** What a function of a user's own says is checked: JavaScript has no compiler to do it. */
function chunksOf(said: Said, { kind, operation }: Node, speech: Speech): readonly Chunk[] {
  if (kind.type !== 'custom' || isYield(said)) return speech.chunks(said)
  throw new BraidError(
    'operation_failed',
    `operation "${operation.id}" yielded ${nameOf(said)}; expected text, a model's chunk, or { type: 'custom', name, value }`,
  )
}

function isGenerator(made: unknown): made is AsyncGenerator<Said, unknown> {
  return typeof made === 'object' && made !== null && Symbol.asyncIterator in made
}
