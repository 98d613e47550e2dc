import { createHash } from 'node:crypto'
import type { ManifestData } from '@braid/stream'
import type { SaidPart, ToolTurn, Turn } from './turn.ts'

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
