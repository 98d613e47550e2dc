import { BraidError, type Chunk, errorOf, type Message, type Outcome, sumUsage } from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { Said } from '../operations/kind.ts'
import type { AttemptContext } from './context.ts'
import type { Lane } from './lane.ts'
import type { Log } from './log.ts'
import { isYield, Speech } from './speech.ts'

/** Runs one attempt to its end: says its chunks into its lane as there is room, and tells what became of it. Never rejects. */
export async function drive(node: Node, context: AttemptContext, lane: Lane, log: Log): Promise<Outcome> {
  const startedAt = performance.now()
  const speech = new Speech()
  try {
    if (takesBranch(node)) await context.openBranch()
    const made: unknown = context.cancelled ? undefined : begin(node, context)
    const result = isGenerator(made) ? await pump(made, context, speech, lane, log) : await made
    log.append(lane, speech.close())
    if (context.cancelled) return cancelled(context.cancelled.reason, context.partial ?? speech.partial())
    return {
      status: 'completed',
      result,
      usage: sumUsage(speech.usages),
      durationMs: performance.now() - startedAt,
      attempts: context.attempt,
    }
  } catch (error) {
    log.append(lane, speech.close())
    const partial = context.partial ?? speech.partial()
    if (context.cancelled) return cancelled(context.cancelled.reason, partial)
    return { status: 'failed', error: errorOf(node.operation.id, error), ...(partial ? { partial } : {}) }
  }
}

export function cancelled(reason: unknown, partial?: Message): Outcome {
  return { status: 'cancelled', reason, ...(partial ? { partial } : {}) }
}

/** Whether it works on a branch, so that its runs take turns there. */
export function takesBranch(node: Node): boolean {
  return node.branch !== undefined || (node.kind.type === 'built-in' && node.kind.of.takesTurn)
}

function begin(node: Node, context: AttemptContext): unknown {
  return node.kind.of.run(context, node.operation.params as never)
}

async function pump(
  generator: AsyncGenerator<Said, unknown>,
  context: AttemptContext,
  speech: Speech,
  lane: Lane,
  log: Log,
): Promise<unknown> {
  for (;;) {
    const next = await generator.next()
    if (next.done) return next.value
    if (!context.cancelled) {
      log.append(lane, chunksOf(next.value, speech, context))
      const room = log.wait(lane)
      if (room) await room
    }
    if (context.cancelled) return generator.return(undefined)
  }
}

function chunksOf(said: Said, speech: Speech, context: AttemptContext): readonly Chunk[] {
  if (isYield(said)) return speech.chunks(said)
  throw new BraidError(
    'operation_failed',
    `operation "${context.operation.id}" yielded ${said === null ? 'null' : `a ${typeof said}`}; expected text, a chunk, or { type: 'custom', name, value }`,
  )
}

function isGenerator(made: unknown): made is AsyncGenerator<Said, unknown> {
  return typeof made === 'object' && made !== null && Symbol.asyncIterator in made
}
