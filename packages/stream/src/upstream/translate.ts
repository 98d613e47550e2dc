import { BraidError } from '@braid/core'
import { DECODER_FORMATS, type ManifestSource, type RuleSource } from '../manifest-data.ts'
import { callingOf } from './calling.ts'
import { type Choice, choose } from './choice.ts'
import type { Upstream } from './document.ts'
import { allPlaces, type Concern, type Draft, draft } from './draft.ts'
import { arraysOf, placeOf, rooted, rootedCondition } from './expression.ts'
import { mergeRules } from './merge.ts'
import { type Remark, Remarks } from './remarks.ts'
import { RuleReader } from './rules.ts'
import { errorsOf, terminationOf } from './words.ts'

export interface Translation {
  readonly source: ManifestSource
  readonly remarks: readonly Remark[]
  readonly choice: Choice
}

type Decoder = ManifestSource['streaming']['decoder']

/**
 * A manifest of ai-protocol as one of Braid's: its own rules over those of its family, which fill in what it leaves open. Everything that only
 * describes stays where it is. Throws `invalid_manifest`, naming the field, for what Braid cannot honour.
 */
export function translate(document: Upstream): Translation {
  const remarks = new Remarks()
  const choice = choose(document)
  const { family } = choice
  if (choice.because === undefined)
    remarks.add(
      'filled',
      'streaming.decoder.strategy',
      'nothing says which protocol it is: read as OpenAI Chat Completions',
    )
  const { features: _features, payload_format: _format, ...described } = document
  const source: ManifestSource = {
    ...described,
    /** As it was written. */
    upstream: document,
    ...callingOf(document, family, remarks),
    id: document.id,
    name: document.name ?? document.id,
    error_classification: errorsOf(document, family, remarks),
    termination: terminationOf(document, family, remarks),
    usage: family.usage,
    streaming: streamingOf(document, choice, remarks),
    ...responseOf(document, family, remarks),
  }
  return { source, remarks: remarks.all, choice }
}

function streamingOf(document: Upstream, choice: Choice, remarks: Remarks): ManifestSource['streaming'] {
  const { streaming } = document
  const { family } = choice
  for (const name of Object.keys(streaming))
    if (!KNOWN.has(name)) remarks.add('unused', `streaming.${name}`, 'Braid does not know this field')
  const said = streaming.candidate?.candidate_id_path
  const theirs = family.streaming.candidate?.candidate_id_path
  const numbered = said === undefined ? undefined : placeOf(rooted(said))
  const candidate = numbered?.includes('[*]') ? numbered : theirs
  if (numbered !== undefined && candidate !== numbered)
    remarks.add('unused', 'streaming.candidate.candidate_id_path', 'it does not go through an array of candidates')
  if (streaming.candidate?.fan_out === false)
    remarks.add('unused', 'streaming.candidate.fan_out', 'candidates are kept apart in any case')
  const array = candidate === undefined ? undefined : arraysOf(candidate).replace(/\[$/, '')
  const reader = new RuleReader(document, remarks, array)
  const own = ownRules(document, reader, family.streaming.event_map)
  const { added, rules } = mergeRules(family.streaming.event_map, own, remarks, family.id)
  sayWhatIsFilled(own, family.streaming.event_map, remarks, family.id)
  return {
    decoder: decoderOf(document, choice, remarks),
    ...selectorOf(document, choice, reader, remarks),
    ...(candidate === undefined ? {} : { candidate: { candidate_id_path: candidate } }),
    event_map: rules,
    completion: completionOf(document, choice, added),
  }
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

/** Its rules, and what its other fields say that are rules as well. */
function ownRules(document: Upstream, reader: RuleReader, family: readonly RuleSource[]): Draft[] {
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

/** What it cannot read is said with the name of its field. */
function named<T>(document: Upstream, field: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    throw new BraidError('invalid_manifest', `${document.id}: ${field}: ${error.message}`)
  }
}

function decoderOf(document: Upstream, { because, family }: Choice, remarks: Remarks): Decoder {
  const { decoder } = document.streaming
  const theirs = family.streaming.decoder
  const format = decoder.format ?? theirs.format
  if (!isFormat(format))
    throw wrong(document, 'streaming.decoder.format', `one of ${DECODER_FORMATS.join(', ')}; got \`${format}\``)
  if (decoder.prefix !== undefined && decoder.prefix.trim() !== 'data:' && decoder.prefix !== '')
    throw wrong(
      document,
      'streaming.decoder.prefix',
      `\`data: \`, as server-sent events have it; got ${JSON.stringify(decoder.prefix)}`,
    )
  if (decoder.delimiter !== undefined && !/^(\r?\n|\\r?\\n|\\n){1,2}$/.test(decoder.delimiter))
    throw wrong(
      document,
      'streaming.decoder.delimiter',
      `line ends, as server-sent events and JSON lines have them; got ${JSON.stringify(decoder.delimiter)}`,
    )
  if (
    decoder.strategy !== undefined &&
    !because?.startsWith('streaming.decoder.strategy') &&
    !/^(sse|json|ndjson|line|data|event)/.test(decoder.strategy)
  )
    remarks.add('unused', 'streaming.decoder.strategy', `\`${decoder.strategy}\` is none that Braid knows`)
  const moved = format === 'cohere_native' && theirs.format === 'sse'
  if (moved)
    remarks.add(
      'overruled',
      'streaming.decoder.format',
      'the second version of the API sends server-sent events, not lines',
    )
  const done_signal = decoder.done_signal === undefined ? theirs.done_signal : decoder.done_signal || undefined
  return { ...theirs, format: moved ? theirs.format : format, ...(done_signal === undefined ? {} : { done_signal }) }
}

function isFormat(format: string): format is Decoder['format'] {
  return (DECODER_FORMATS as readonly string[]).includes(format)
}

/** Wide enough for the family's frames as well: a selector that leaves out errors would leave them unsaid. */
function selectorOf(document: Upstream, { family, because }: Choice, reader: RuleReader, remarks: Remarks) {
  const said = document.streaming.frame_selector
  const theirs = family.streaming.frame_selector
  if (said === undefined) return theirs === undefined || because === undefined ? {} : { frame_selector: theirs }
  if (because !== undefined && theirs === undefined) {
    if (!said.includes('error'))
      remarks.add(
        'overruled',
        'streaming.frame_selector',
        'it leaves out errors; every frame that a rule knows is read',
      )
    return {}
  }
  const own = reader.general(rootedCondition(said))
  return { frame_selector: `${own} || ${theirs ?? 'exists($.error)'}` }
}

/** What its stream ends with: what it says itself, else its family's end. */
function completionOf(
  document: Upstream,
  { family, because }: Choice,
  added: readonly Draft[],
): ManifestSource['streaming']['completion'] {
  if (added.some(({ rule }) => rule.emit === 'StreamEnd')) return 'stop_event'
  if (added.some(({ rule }) => rule.emit === 'FinalCandidate')) return 'finish_reason'
  const ofItsOwn = because === undefined && added.some(({ concern }) => concern === 'text')
  return ofItsOwn && !document.streaming.decoder.done_signal ? 'clean_end' : family.streaming.completion
}

const FILLED: readonly Concern[] = ['text', 'reasoning', 'refusal', 'tool calls', 'usage', 'finish reason', 'errors']

function sayWhatIsFilled(own: readonly Draft[], family: readonly RuleSource[], remarks: Remarks, name: string): void {
  const known = new Set(family.map((rule) => draft(rule, '').concern))
  const missing = FILLED.filter((concern) => known.has(concern) && !own.some((each) => each.concern === concern))
  if (missing.length > 0)
    remarks.add('filled', 'streaming.event_map', `no rule for ${missing.join(', ')}: read as ${name} has it`)
  const started = own.some(({ rule }) => rule.emit === 'ToolCallStarted')
  const named = own.some(({ rule }) => rule.fields?.['tool_name'] !== undefined)
  if (!missing.includes('tool calls') && !started && !named)
    remarks.add('filled', 'streaming.event_map', `no rule for the names and ids of tool calls: read as ${name} has it`)
}

/** How a plain answer is read: `response_paths` and `features.response_mapping` over the family's rules. */
function responseOf(document: Upstream, family: ManifestSource, remarks: Remarks): Pick<ManifestSource, 'response'> {
  const { content, finish_reason, stop_reason, tool_calls, usage } = document.response_paths
  const reader = new RuleReader(document, remarks, undefined)
  const own: RuleSource[] = []
  const base = family.response?.event_map ?? family.streaming.event_map
  const mapped = document.features?.response_mapping?.tool_calls
  if (content !== undefined) {
    const path = placeOf(rooted(content))
    own.push({ match: `exists(${path})`, emit: 'PartialContentDelta', fields: { content: path } })
  }
  if (mapped) own.push(mappedCalls(mapped))
  else if (tool_calls !== undefined) own.push(reader.calls(`${placeOf(rooted(tool_calls))}[*]`))
  const reason = finish_reason ?? stop_reason
  if (reason !== undefined) {
    const path = placeOf(rooted(reason))
    own.push({ match: path, emit: 'FinalCandidate', fields: { finish_reason: path } })
  }
  if (usage !== undefined) {
    const path = rooted(usage)
    own.push({ match: `exists(${path})`, emit: 'Metadata', fields: { usage: path } })
  }
  const { added, rules } = mergeRules(
    base,
    own.map((rule) => draft(rule, 'response_paths')),
    remarks,
    family.id,
  )
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

function wrong(document: Upstream, field: string, expected: string): BraidError {
  return new BraidError(
    'invalid_manifest',
    `${document.id}: the manifest's field ${field} is wrong: expected ${expected}.`,
  )
}
