import { BraidError, type Chunk, type Message, NO_METADATA, type Usage } from '@braid/core'
import pLimit from 'p-limit'
import { Answering, type Verdict } from '../answers/answering.ts'
import { type Bench, outcomeChunk } from '../tools/call.ts'
import { CallMemory } from '../tools/call-memory.ts'
import type { Toolbox } from '../tools/toolbox.ts'
import type { BuiltInContext, Said } from './kind.ts'
import type { LeftStep } from './left-step.ts'
import type { Asked } from './prompt.ts'
import { Prompting } from './prompting.ts'
import { retold } from './retold.ts'
import { Step, severalAnswers } from './step.ts'
import type { Thread } from './thread.ts'

/** How often a model is asked in one turn, where nobody says. */
const MAX_STEPS = 10

/** How many tools of one operation run at once. */
export const TOOLS_AT_ONCE = 8

/** How a conversation is held. */
export interface Manner {
  readonly thread: Thread
  /** How often the model may be asked, repairs aside. */
  readonly maxSteps?: number
  /** Whether each step is bracketed by chunks. Default: where there are tools. */
  readonly steps?: boolean
  /** Whether tools that are safe start while the model is still talking. */
  readonly toolStreaming?: boolean | undefined
  /** What is shown of what an answer says. Default: all of it. */
  readonly shown?: ((chunks: readonly Chunk[]) => readonly Chunk[]) | undefined
}

/**
 * One turn with a model that may call tools: asks, runs what it calls, and asks again with what that came to, until it answers in plain text. Its
 * value is that text, or what `output` makes of it. What is said is on the thread in any case, in order, and as valid history.
 *
 * Steps that an earlier attempt finished are not made again: they are told again, for whoever was told to forget, and the model goes on from there.
 */
export async function* converse(context: BuiltInContext, params: Asked, manner: Manner): AsyncGenerator<Said, unknown> {
  const { thread, maxSteps = MAX_STEPS, shown = (chunks) => chunks } = manner
  const prompting = await Prompting.begin(context, params, thread)
  const { toolbox, left, kept } = prompting
  // A model that was offered no tool has answered, whatever it calls.
  const calling = toolbox.offered.length > 0
  if (calling && (context.imodel().answers ?? 1) > 1) throw severalAnswers()
  await prompting.write(thread)
  let made: Omit<Bench, 'say'> | undefined
  const bench = (): Omit<Bench, 'say'> => (made ??= benchOf(context, toolbox, left, kept))
  const bracketed = manner.steps ?? calling
  const eager = manner.toolStreaming === true && toolbox.offered.some((tool) => tool.safe)
  const answering = params.output === undefined ? undefined : new Answering({ ...params, output: params.output })
  let number = 0
  for (const step of kept) yield retold(step, ++number)
  let said = prompting.said
  let complaint: readonly Message[] = []
  for (let asked = 0; ; ) {
    if (complaint.length === 0) asked += 1
    number += 1
    const step = new Step(context, toolbox, bench, eager)
    let verdict: Verdict<unknown> | undefined
    let messages: readonly Message[] = []
    let finished: readonly Message[] | undefined
    const goesOn = (): boolean => calling && step.calls.length > 0
    try {
      if (bracketed) yield [{ type: 'start-step', step: number, candidate: 0, metadata: NO_METADATA }]
      const { request, heard } = await prompting.request([...said, ...complaint])
      if (heard.length > 0) yield heard
      yield* step.ask(request, (batch) => shown(answering?.push(batch) ?? batch))
      if (goesOn()) {
        const rest = shown(answering?.skip() ?? [])
        if (rest.length > 0) yield rest
        if (asked < maxSteps) yield* step.work()
        else yield step.refuse(tooManySteps(maxSteps)).map(outcomeChunk)
      } else {
        if (step.calls.length > 0) yield step.refuse(noTools()).map(outcomeChunk)
        verdict = await answering?.end(step.answer)
        const rest = shown(verdict?.show ?? [])
        if (rest.length > 0) yield rest
      }
      if (goesOn()) {
        finished = step.left(false)
        await context.remember(finished)
      }
      if (bracketed) yield [finishStep(number, step)]
    } finally {
      await step.end()
      messages = finished ?? step.left(answering !== undefined && !goesOn() && verdict?.type !== 'valid')
      // Of several tries at one answer the last is kept.
      if (verdict?.type !== 'again') await thread.append(...messages)
    }
    if (verdict?.type === 'invalid') throw verdict.error
    if (verdict?.type === 'again') complaint = verdict.messages
    else if (!goesOn()) return verdict ? verdict.value : step.answer.text
    else if (asked === maxSteps) throw tooManySteps(maxSteps)
    else {
      said = [...said, ...messages]
      complaint = []
    }
  }
}

function benchOf(
  context: BuiltInContext,
  toolbox: Toolbox,
  left: readonly LeftStep[],
  kept: readonly LeftStep[],
): Omit<Bench, 'say'> {
  const earlier = left.map((step) => ({ kept: kept.includes(step), outcomes: step.outcomes }))
  return {
    toolbox,
    memory: new CallMemory(context.idempotencyKey, context.register, earlier),
    approvals: context.approvals,
    limit: pLimit(TOOLS_AT_ONCE),
    clock: context.clock,
    grace: context.toolGrace,
  }
}

function finishStep(number: number, step: Step): Chunk {
  const { usage }: { readonly usage: Usage } = step.answer.content
  return { type: 'finish-step', step: number, outcomes: step.outcomes, usage, candidate: 0, metadata: NO_METADATA }
}

function noTools(): BraidError {
  return new BraidError(
    'unknown_tool',
    'the model was offered no tools; give the operation `tools` for what it may call',
  )
}

function tooManySteps(maxSteps: number): BraidError {
  return new BraidError(
    'max_steps',
    `the model still called tools when it was asked for the ${maxSteps}th time, which is as often as it may be; raise \`maxSteps\`, or say in the instruction when to stop`,
  )
}
