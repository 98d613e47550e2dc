import type { Emit, RuleSource } from '../manifest-data.ts'
import { type Predicate, parsePredicate } from '../selector/predicate.ts'
import { placeOf } from './expression.ts'

/** What a rule is about. Rules about one thing stand in for one another. */
export type Concern =
  | 'text'
  | 'reasoning'
  | 'refusal'
  | 'tool calls'
  | 'end of a block'
  | 'usage'
  | 'finish reason'
  | 'end'
  | 'errors'
  | 'other'

const CONCERNS = {
  MessageStart: 'other',
  PartialContentDelta: 'text',
  ThinkingDelta: 'reasoning',
  RefusalDelta: 'refusal',
  ToolCallStarted: 'tool calls',
  PartialToolCall: 'tool calls',
  ToolCallEnded: 'end of a block',
  Source: 'other',
  File: 'other',
  Redaction: 'other',
  Metadata: 'usage',
  FinalCandidate: 'finish reason',
  StreamEnd: 'end',
  StreamError: 'errors',
  Ping: 'other',
  Raw: 'other',
} as const satisfies Record<Emit, Concern>

/** The fields that carry what a rule is about; the others go with it. */
const CARRIERS: Readonly<Partial<Record<Concern, readonly string[]>>> = {
  text: ['content'],
  reasoning: ['thinking'],
  refusal: ['refusal'],
  'tool calls': ['tool_call_id', 'tool_name', 'arguments', 'arguments_so_far'],
  usage: ['usage'],
  'finish reason': ['finish_reason'],
}

/** A rule, and what it reads, to be compared with others. Places have no positions in arrays. */
export interface Draft {
  readonly rule: RuleSource
  /** Where in the manifest it comes from. */
  readonly from: string
  readonly concern: Concern
  /** Where what it is about is found: for each of its fields, the places of which the first with a value counts. */
  readonly places: readonly (readonly string[])[]
  /** What its condition asks, beyond whether those places have something. */
  readonly asks: ReadonlySet<string>
}

export function draft(rule: RuleSource, from: string): Draft {
  const concern = CONCERNS[rule.emit]
  const fields = rule.fields ?? {}
  const places = (CARRIERS[concern] ?? []).map((name) => placesOf(fields[name])).filter(({ length }) => length > 0)
  // An error is its whole frame, whatever fields are taken from it.
  const read = new Set(concern === 'errors' ? [] : Object.values(fields).flatMap(placesOf))
  const asked = rule.match === undefined ? [] : questions(parsePredicate(rule.match))
  const asks = asked.filter(({ place, literal }) => literal !== undefined || !read.has(place))
  return {
    rule,
    from,
    concern,
    places,
    asks: new Set(asks.map(({ place, literal }) => `${place} ${literal ?? 'exists'}`)),
  }
}

/** Every place of them. */
export function allPlaces(drafts: readonly Draft[]): ReadonlySet<string> {
  return new Set(drafts.flatMap(({ places }) => places.flat()))
}

function placesOf(field: NonNullable<RuleSource['fields']>[string] | undefined): string[] {
  if (typeof field === 'string') return field.startsWith('$') ? [placeOf(field)] : []
  if (Array.isArray(field)) return field.map(placeOf)
  return typeof field === 'object' ? Object.values(field).map(placeOf) : []
}

interface Question {
  readonly place: string
  /** Undefined: whether there is anything. */
  readonly literal: string | undefined
}

function questions(predicate: Predicate): Question[] {
  switch (predicate.type) {
    case 'and':
    case 'or':
      return predicate.terms.flatMap(questions)
    case 'not':
      return questions(predicate.term).map(({ place, literal }) => ({ place, literal: `not ${literal ?? 'there'}` }))
    case 'exists':
    case 'truth':
      return [{ place: placeOf(predicate.path.source), literal: undefined }]
    case 'compare': {
      const { literal, operator, path } = predicate
      if (literal === null && operator === '!=') return [{ place: placeOf(path.source), literal: undefined }]
      return [{ place: placeOf(path.source), literal: `${operator} ${JSON.stringify(literal)}` }]
    }
    case 'in':
      return predicate.literals.map((literal) => ({
        place: placeOf(predicate.path.source),
        literal: `== ${JSON.stringify(literal)}`,
      }))
    default:
      return predicate satisfies never
  }
}
