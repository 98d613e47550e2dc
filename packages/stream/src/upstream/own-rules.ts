import { BraidError } from '@braid/core'
import type { RuleSource } from '../manifest-data.ts'
import type { Upstream } from './document.ts'
import { allPlaces, type Concern, type Draft, draft } from './draft.ts'
import { placeOf, rooted, rootedCondition } from './expression.ts'
import type { Remarks } from './remarks.ts'
import type { RuleReader } from './rules.ts'

/** Its rules, and what its other fields say that are rules as well. */
export function ownRules(document: Upstream, reader: RuleReader, family: readonly RuleSource[]): Draft[] {
  const { accumulator, content_path, event_map, extra_metadata_path, stop_condition, tool_call_path, usage_path } =
    document.streaming
  const drafts = event_map.flatMap((rule, index) => {
    const field = `streaming.event_map[${index}]`
    return named(document, field, () => reader.read(rule, field))
  })
  const has = (concern: Concern) => drafts.some((each) => each.concern === concern)
  const add = (rule: RuleSource, from: string) => drafts.push(named(document, from, () => draft(rule, from)))
  const at = (path: string) => reader.general(rooted(path))
  if (content_path !== undefined && !has('text')) {
    const path = at(content_path)
    add({ match: `exists(${path})`, emit: 'PartialContentDelta', fields: { content: path } }, 'streaming.content_path')
  }
  if (tool_call_path !== undefined && !has('tool calls'))
    add(reader.calls(`${at(tool_call_path)}[*]`), 'streaming.tool_call_path')
  for (const [path, from] of [
    [usage_path, 'streaming.usage_path'],
    [extra_metadata_path, 'streaming.extra_metadata_path'],
  ] as const) {
    if (path !== undefined && !allPlaces(drafts).has(placeOf(at(path))))
      add({ match: `exists(${at(path)})`, emit: 'Metadata', fields: { usage: at(path) } }, from)
  }
  if (accumulator?.key_path !== undefined && !allPlaces(drafts).has(placeOf(at(accumulator.key_path)))) {
    const path = at(accumulator.key_path)
    add(
      { match: `exists(${path})`, emit: 'PartialToolCall', fields: { arguments: path } },
      'streaming.accumulator.key_path',
    )
  }
  // A reason why it ends closes every call in any case.
  const known = [...drafts, ...family.map((rule) => draft(rule, ''))]
  const reasons = allPlaces(known.filter(({ concern }) => concern === 'finish reason'))
  const aboutReasons = (condition: string) =>
    [...draft({ match: condition, emit: 'Ping' }, '').asks].every((ask) => reasons.has(ask.split(' ')[0]!))
  if (accumulator?.flush_on !== undefined) {
    const match = reader.general(rootedCondition(accumulator.flush_on))
    if (!aboutReasons(match))
      add({ match, emit: 'ToolCallEnded', fields: { every: true } }, 'streaming.accumulator.flush_on')
  }
  // The signal that nothing follows is no frame; the decoder knows it.
  if (stop_condition !== undefined && !/^['"]?\[DONE\]['"]?$/.test(stop_condition)) {
    const match = reader.general(rootedCondition(stop_condition))
    if (!aboutReasons(match)) add({ match, emit: 'StreamEnd' }, 'streaming.stop_condition')
    else if (!drafts.some(({ rule }) => rule.emit === 'StreamEnd'))
      reader.remark(
        'overruled',
        'streaming.stop_condition',
        'what comes after the reason is read as well, such as usage',
      )
  }
  return drafts
}

const KNOWN: ReadonlySet<string> = new Set([
  'event_format',
  'decoder',
  'frame_selector',
  'candidate',
  'accumulator',
  'event_map',
  'stop_condition',
  'extra_metadata_path',
  'content_path',
  'tool_call_path',
  'usage_path',
  'notes',
  'description',
])

/** A field that Braid does not know does nothing, and that is said. */
export function nameUnknown(streaming: Upstream['streaming'], remarks: Remarks): void {
  for (const name of Object.keys(streaming))
    if (!KNOWN.has(name)) remarks.add('unused', `streaming.${name}`, 'Braid does not know this field')
}

/** What it cannot read is said with the name of its field. */
function named<T>(document: Upstream, field: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    throw new BraidError('invalid_manifest', `${document.id}: ${field}: ${error.message}`)
  }
}
