import { createHash } from 'node:crypto'
import { BraidError } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import type { AssistantTurn, CallPart, ResultPart, SaidPart, ToolTurn, Turn } from './turn.ts'

/** What stands for the result of a call that never got one: a run that was cancelled, or a process that died. */
const UNFINISHED = 'There is no result: the call was not completed.'

/**
 * Turns in which every turn with calls is followed by the results of exactly those calls, in their order: the APIs refuse anything else.
 *
 * A result that stands further down is moved up to its call. A call without a result gets one that says so, as failed; a result without its call,
 * which a cut history leaves behind, gets its call back, which it knows. Throws `invalid_request`, naming the call, where one has two results.
 */
export function settled(turns: readonly Turn[]): readonly Turn[] {
  const made: Turn[] = []
  const taken = new Set<ResultPart>()
  const answered = new Set<string>()
  for (const [at, turn] of turns.entries()) {
    if (turn.role === 'assistant') {
      made.push(turn)
      const calls = callsOf(turn)
      if (calls.length === 0) continue
      made.push({ role: 'tool', results: calls.map((call) => resultFor(call, turns.slice(at + 1), taken)) })
      for (const { id } of calls) answered.add(id)
    } else if (turn.role === 'tool') {
      const orphans = turn.results.filter((result) => !taken.has(result))
      if (orphans.length === 0) continue
      refuseSecond(orphans, answered)
      const last = made.at(-1)
      const said = last?.role === 'assistant' ? last.parts : []
      if (last?.role === 'assistant') made.pop()
      made.push({ role: 'assistant', parts: [...said, ...orphans.map(callBehind)] })
      made.push({ role: 'tool', results: orphans })
      for (const { id } of orphans) answered.add(id)
    } else made.push(turn)
  }
  return made
}

function callsOf(turn: AssistantTurn): readonly CallPart[] {
  return turn.parts.filter((part) => part.type === 'call')
}

/** The first one after it, up to where its id is used again. */
function resultFor(call: CallPart, later: readonly Turn[], taken: Set<ResultPart>): ResultPart {
  for (const turn of later) {
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

function refuseSecond(results: readonly ResultPart[], answered: ReadonlySet<string>): void {
  const seen = new Set(answered)
  for (const { id, name } of results) {
    if (seen.has(id)) {
      throw new BraidError(
        'invalid_request',
        `expected one result for each tool call; got a second one for the call "${id}" of ${name}. Send the last one alone`,
      )
    }
    seen.add(id)
  }
}

/**
 * Turns whose calls have ids that the provider takes, each only once, and names that it takes. The same ids give the same ones: an id that does not
 * fit is replaced by one made of it.
 */
export function named(turns: readonly Turn[], data: ManifestData): readonly Turn[] {
  const rule = data.tools === false ? undefined : data.tools.call_ids
  const pattern = new RegExp(rule?.pattern ?? '')
  const used = new Set<string>()
  const idOf = (id: string): string => {
    for (let again = 0; ; again++) {
      const wanted = again === 0 ? id : `${id}-${again}`
      const fits = wanted !== '' && pattern.test(wanted)
      const made = fits ? wanted : digest(wanted, rule?.length ?? 24)
      if (used.has(made)) continue
      used.add(made)
      return made
    }
  }
  let ids: readonly string[] = []
  return turns.map((turn): Turn => {
    if (turn.role === 'assistant') {
      const made: string[] = []
      ids = made
      const parts = turn.parts.map((part): SaidPart => {
        if (part.type !== 'call') return part
        const id = idOf(part.id)
        made.push(id)
        return { ...part, id, name: nameOf(part.name) }
      })
      return { role: 'assistant', parts }
    }
    if (turn.role !== 'tool') return turn
    return {
      role: 'tool',
      results: turn.results.map((each, at) => ({ ...each, id: ids[at]!, name: nameOf(each.name) })),
    } satisfies ToolTurn
  })
}

/** Letters and digits, as every provider takes them. */
function digest(id: string, length: number): string {
  return createHash('sha256')
    .update(id)
    .digest('base64')
    .replace(/[^a-zA-Z0-9]/g, '')
    .slice(0, length)
}

/** What a history has from elsewhere may have dots in it. */
function nameOf(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64)
}
