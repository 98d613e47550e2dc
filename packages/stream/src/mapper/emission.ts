import { BraidError, NO_METADATA } from '@braid/core'
import type { Emit } from '../manifest-data.ts'
import type { Place, PlaceGetter } from './scope.ts'
import type { Step } from './walk.ts'

export type Fields = ReadonlyMap<string, PlaceGetter>

/** The fields that each event knows. */
const KNOWN = {
  MessageStart: ['id', 'model'],
  PartialContentDelta: ['content', 'index'],
  ThinkingDelta: ['thinking', 'index', 'signature', 'redacted'],
  RefusalDelta: ['refusal', 'index'],
  ToolCallStarted: ['index', 'tool_call_id', 'tool_name', 'arguments', 'provider_executed', 'free_text', 'signature'],
  PartialToolCall: [
    'index',
    'tool_call_id',
    'tool_name',
    'arguments',
    'provider_executed',
    'partial_arguments',
    'will_continue',
    'arguments_so_far',
    'free_text',
    'signature',
  ],
  ToolCallEnded: ['index', 'every'],
  Source: ['url', 'title'],
  File: ['media_type', 'image_format', 'data', 'url'],
  Redaction: ['index'],
  Metadata: ['usage', 'counts'],
  FinalCandidate: ['finish_reason', 'awaits_end'],
  StreamEnd: [],
  StreamError: ['error'],
  Ping: [],
  Raw: [],
} as const satisfies Record<Emit, readonly string[]>

const nothing: PlaceGetter = () => undefined

/** What an event does to the answer. Fields that it does not know go to the metadata of its chunks. */
export function compileEmission(emit: Emit, fields: Fields): Step {
  const known: readonly string[] = KNOWN[emit]
  const field = (name: string): PlaceGetter => fields.get(name) ?? nothing
  const metadata = compileMetadata([...fields].filter(([name]) => !known.includes(name)))
  const number = field('index')
  const index: PlaceGetter = number === nothing ? nothing : (place) => numberOf(number(place))
  switch (emit) {
    case 'MessageStart': {
      const id = field('id')
      const model = field('model')
      return (place, answer) => {
        const candidate = answer.current
        return candidate.started ? false : candidate.start(text(id(place)), text(model(place)), metadata(place))
      }
    }
    case 'PartialContentDelta': {
      const content = field('content')
      return (place, answer) => {
        const said = content(place)
        if (typeof said === 'string') answer.current.say('text', said, index(place), metadata(place))
        return true
      }
    }
    case 'RefusalDelta': {
      const refusal = field('refusal')
      return (place, answer) => {
        const said = refusal(place)
        if (typeof said === 'string') answer.current.say('refusal', said, index(place), metadata(place))
        return true
      }
    }
    case 'ThinkingDelta': {
      const thinking = field('thinking')
      const signature = field('signature')
      const redacted = field('redacted')
      return (place, answer) => {
        answer.current.think(
          text(thinking(place)),
          index(place),
          text(signature(place)),
          text(redacted(place)),
          metadata(place),
        )
        return true
      }
    }
    case 'ToolCallStarted':
    case 'PartialToolCall': {
      const id = field('tool_call_id')
      const name = field('tool_name')
      const input = field('arguments')
      const provider = field('provider_executed')
      const partial = field('partial_arguments')
      const goesOn = field('will_continue')
      const soFar = field('arguments_so_far')
      const freeText = field('free_text')
      const signature = field('signature')
      // Where the protocol says whether a call goes on, silence means that it does not.
      const whole =
        emit === 'ToolCallStarted' ? 'never' : fields.has('will_continue') ? 'unless-continued' : 'if-object'
      return (place, answer) => {
        answer.current.call(
          {
            key: index(place),
            id: text(id(place)),
            name: text(name(place)),
            input: input(place),
            partial: partial(place),
            soFar: soFar(place),
            freeText: freeText(place) === true,
            providerExecuted: provider(place) === true,
            signature: text(signature(place)),
            whole: whole === 'unless-continued' ? goesOn(place) !== true : whole === 'if-object' ? undefined : false,
          },
          metadata(place),
        )
        return true
      }
    }
    case 'ToolCallEnded': {
      const every = field('every')
      return (place, answer) => {
        if (every(place) === true) answer.current.endCalls()
        else answer.current.endBlock(index(place))
        return true
      }
    }
    case 'Source': {
      const url = field('url')
      const title = field('title')
      return (place, answer) => {
        answer.current.source(text(url(place)), text(title(place)), metadata(place))
        return true
      }
    }
    case 'File': {
      const mediaType = field('media_type')
      const format = field('image_format')
      const data = field('data')
      const url = field('url')
      return (place, answer) => {
        const image = text(format(place))
        const type = text(mediaType(place)) || (image === '' ? '' : `image/${image === 'jpg' ? 'jpeg' : image}`)
        answer.current.file(type, text(data(place)), text(url(place)), metadata(place))
        return true
      }
    }
    case 'Redaction':
      return (place, answer) => {
        answer.current.redact(index(place), metadata(place))
        return true
      }
    case 'Metadata': {
      const usage = field('usage')
      const counts = field('counts')
      return (place, answer) => {
        answer.tally(counts(place))
        answer.count(usage(place), metadata(place))
        return true
      }
    }
    case 'FinalCandidate': {
      const reason = field('finish_reason')
      const awaitsEnd = field('awaits_end')
      const details = compileMetadata([...fields].filter(([name]) => name !== 'awaits_end'))
      return (place, answer) => {
        answer.current.conclude(text(reason(place)), awaitsEnd(place) === true, details(place))
        return true
      }
    }
    case 'StreamEnd':
      return (_place, answer) => {
        answer.end()
        return true
      }
    case 'StreamError':
      return (_place, answer) => answer.fail()
    case 'Ping':
      return () => true
    case 'Raw':
      return (place, answer) => {
        answer.unknown(metadata(place))
        return true
      }
    default:
      throw new BraidError('invalid_manifest', `Expected an event that Braid knows, found "${emit satisfies never}".`)
  }
}

/** Names and other words of a protocol: numbers count as what they look like, everything else as missing. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** What a provider numbers its blocks with. */
function numberOf(value: unknown): number | string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? value : undefined
}

function compileMetadata(
  fields: readonly (readonly [string, PlaceGetter])[],
): (place: Place) => Readonly<Record<string, unknown>> {
  if (fields.length === 0) return () => NO_METADATA
  return (place) => {
    let metadata: Record<string, unknown> | undefined
    for (const [name, get] of fields) {
      const value = get(place)
      if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue
      metadata ??= {}
      metadata[name] = value
    }
    return metadata ?? NO_METADATA
  }
}
