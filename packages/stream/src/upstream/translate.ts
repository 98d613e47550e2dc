import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import { callingOf } from './calling.ts'
import { type Choice, choose } from './choice.ts'
import { completionOf, decoderOf, selectorOf } from './decoding.ts'
import type { Upstream } from './document.ts'
import { type Concern, type Draft, draft } from './draft.ts'
import { arraysOf, placeOf, rooted } from './expression.ts'
import { mergeRules } from './merge.ts'
import { nameUnknown, ownRules } from './own-rules.ts'
import { responseOf } from './plain-answer.ts'
import { type Remark, Remarks } from './remarks.ts'
import { RuleReader } from './rules.ts'
import { sayWhatIsUnheeded } from './unheeded.ts'
import { usageOf } from './usage.ts'
import { errorsOf, terminationOf } from './words.ts'

export interface Translation {
  readonly source: ManifestSource
  readonly remarks: readonly Remark[]
  readonly choice: Choice
}

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
  sayWhatIsUnheeded(document, remarks)
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
    usage: usageOf(document, family),
    streaming: streamingOf(document, choice, remarks),
    ...responseOf(document, family, remarks),
  }
  return { source, remarks: remarks.all, choice }
}

function streamingOf(document: Upstream, choice: Choice, remarks: Remarks): ManifestSource['streaming'] {
  const { streaming } = document
  const { family } = choice
  nameUnknown(streaming, remarks)
  const said = streaming.candidate?.candidate_id_path
  const theirs = family.streaming.candidate?.candidate_id_path
  const numbered = said === undefined ? undefined : placeOf(rooted(said))
  const candidate = numbered?.includes('[*]') ? numbered : theirs
  if (numbered !== undefined && candidate !== numbered)
    remarks.add('unused', 'streaming.candidate.candidate_id_path', 'it does not go through an array of candidates')
  if (streaming.candidate?.fan_out === false)
    remarks.add('unused', 'streaming.candidate.fan_out', 'candidates are kept apart in any case')
  const array = candidate === undefined ? undefined : arraysOf(candidate).replace(/\[$/, '')
  const reader = new RuleReader(document, remarks, array, choice.because !== undefined)
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
