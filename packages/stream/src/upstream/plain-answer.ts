import { BraidError } from '@braid/core'
import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import type { Upstream } from './document.ts'
import { type Draft, draft } from './draft.ts'
import { placeOf, rooted, rootedCondition } from './expression.ts'
import { mergeRules } from './merge.ts'
import type { Remarks } from './remarks.ts'
import { RuleReader } from './rules.ts'

/** How a plain answer is read: `response_paths` and `features.response_mapping` over the family's rules. */
export function responseOf(
  document: Upstream,
  family: ManifestSource,
  remarks: Remarks,
): Pick<ManifestSource, 'response'> {
  const { content, finish_reason, stop_reason, tool_calls, usage } = document.response_paths
  const reader = new RuleReader(document, remarks, undefined, true)
  const own: Draft[] = []
  // Of a plain answer the family knows more than these: one that cannot be read is not worth a refusal.
  const add = (field: string, rule: RuleSource) => {
    try {
      own.push(draft(rule, field))
    } catch (error) {
      if (!(error instanceof BraidError)) throw error
      remarks.add('unused', field, error.message)
    }
  }
  if (content !== undefined) {
    const path = placeOf(rooted(content))
    add('response_paths.content', { match: `exists(${path})`, emit: 'PartialContentDelta', fields: { content: path } })
  }
  const mapped = document.features?.response_mapping?.tool_calls
  if (mapped) add('features.response_mapping.tool_calls', mappedCalls(mapped))
  else if (tool_calls !== undefined) add('response_paths.tool_calls', reader.calls(`${placeOf(rooted(tool_calls))}[*]`))
  const reason = finish_reason ?? stop_reason
  if (reason !== undefined) {
    const path = placeOf(rooted(reason))
    add('response_paths.finish_reason', { match: path, emit: 'FinalCandidate', fields: { finish_reason: path } })
  }
  if (usage !== undefined) {
    const path = rooted(usage)
    add('response_paths.usage', { match: `exists(${path})`, emit: 'Metadata', fields: { usage: path } })
  }
  const base = family.response?.event_map ?? family.streaming.event_map
  const { added, rules } = mergeRules(base, own, remarks, family.id)
  if (added.length > 0) return { response: { event_map: rules } }
  return family.response ? { response: family.response } : {}
}

function mappedCalls({
  fields,
  filter,
  path,
}: {
  path: string
  filter?: string | undefined
  fields: Readonly<Record<string, string>>
}): RuleSource {
  const each = `${placeOf(rooted(path))}[*]`
  const at = (name: string) =>
    fields[name] !== undefined && !fields[name].startsWith('_') ? { value: rooted(fields[name], each) } : undefined
  const [id, name, args] = [at('id'), at('name'), at('args')]
  return {
    match: filter === undefined ? `exists(${each})` : rootedCondition(filter, each),
    emit: 'PartialToolCall',
    fields: {
      ...(id ? { tool_call_id: id.value } : {}),
      ...(name ? { tool_name: name.value } : {}),
      ...(args ? { arguments: args.value } : {}),
    },
  }
}
