import type { AssistantTurn, CallPart, ResultPart, SaidPart, Turn } from './turn.ts'

/** What stands for the result of a call that never got one: a run that was cancelled, or a process that died. */
const UNFINISHED = 'There is no result: the call was not completed.'

/**
 * Turns in which every turn with calls is followed by the results of exactly those calls, in their order: the APIs refuse anything else, and a history cannot
 * be changed by whom they refuse.
 *
 * A result that stands further down is moved up to its call. A call without a result gets one that says so, as failed. A result without its call, which a cut
 * history leaves behind, gets its call back, which it knows; so does a second result of one call, which is then a second call.
 */
export function settled(turns: readonly Turn[]): readonly Turn[] {
  const made: Turn[] = []
  const taken = new Set<ResultPart>()
  for (const [at, turn] of turns.entries()) {
    if (turn.role === 'assistant') {
      made.push(turn)
      const calls = callsOf(turn)
      if (calls.length === 0) continue
      made.push({ role: 'tool', results: calls.map((call) => resultFor(call, turns, at + 1, taken)) })
    } else if (turn.role === 'tool') {
      const orphans = turn.results.filter((result) => !taken.has(result))
      if (orphans.length === 0) continue
      const last = made.at(-1)
      const said = last?.role === 'assistant' ? last.parts : []
      if (last?.role === 'assistant') made.pop()
      made.push({ role: 'assistant', parts: [...said, ...orphans.map(callBehind)] })
      made.push({ role: 'tool', results: orphans })
    } else made.push(turn)
  }
  return made
}

function callsOf(turn: AssistantTurn): readonly CallPart[] {
  return turn.parts.filter((part) => part.type === 'call')
}

/** The first one after it, up to where its id is used again. */
function resultFor(call: CallPart, turns: readonly Turn[], from: number, taken: Set<ResultPart>): ResultPart {
  for (let at = from; at < turns.length; at += 1) {
    const turn = turns[at]!
    if (turn.role === 'assistant' && callsOf(turn).some(({ id }) => id === call.id)) break
    if (turn.role !== 'tool') continue
    const result = turn.results.find((each) => each.id === call.id && !taken.has(each))
    if (result === undefined) continue
    taken.add(result)
    return result
  }
  return { id: call.id, name: call.name, input: call.input, failed: true, output: UNFINISHED }
}

function callBehind({ id, name, input }: ResultPart): SaidPart {
  return { type: 'call', id, name, input }
}
