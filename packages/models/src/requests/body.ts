import { BraidError, type Message, type ModelRequest, toMessage } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import { isSimulated } from '../candidates.ts'
import { providerNames } from '../catalogue/provider.ts'
import type { ModelOptions } from '../options.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { named } from './call-ids.ts'
import type { Encoder } from './encoder.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import { checkOutputMode, instructed, wantedOf } from './output.ts'
import { settled } from './settle.ts'
import { toolboxOf } from './tools.ts'
import { turnsOf } from './turn.ts'

type Body = Record<string, unknown>

const ENCODERS: Readonly<Record<NonNullable<ManifestData['payload_format']>, Encoder>> = {
  openai_style: openaiChat,
  openai_responses_style: openaiResponses,
  anthropic_style: anthropicMessages,
  gemini_style: gemini,
}

/** The options that are parameters of a request, by the names that manifests map. */
const PARAMETERS = [
  'temperature',
  'topP',
  'maxTokens',
  'stop',
  'seed',
  'n',
] as const satisfies readonly (keyof ModelOptions)[]

/** Everything of a body but the messages. Throws for an option that the provider does not take, and for one whose requests Braid cannot write. */
export function parametersOf(data: ManifestData, model: string, options: ModelOptions): Body {
  encoderOf(data)
  checkOutputMode(data, options.outputMode)
  const body: Body = data.endpoint.chat.includes('{model}') ? {} : { model }
  // Simulated candidates are requests of their own, and no parameter of any.
  const simulated = isSimulated(data)
  for (const name of PARAMETERS) {
    if (name === 'n' && simulated) continue
    const value = options[name]
    const target = data.parameters[name]
    if (target === undefined) {
      if (value === undefined) continue
      const known = PARAMETERS.filter((each) => data.parameters[each] !== undefined || (each === 'n' && simulated))
      throw new BraidError(
        'unsupported_parameter',
        `expected options that ${data.id} takes (${known.join(', ')}); got \`${name}\`. Leave it out; a field of the provider's own goes into \`providerOptions\``,
      )
    }
    const sent = value === undefined ? target.default : typeof value === 'string' ? [value] : value
    if (sent === undefined) continue
    if (typeof sent === 'number' && (sent < (target.min ?? -Infinity) || sent > (target.max ?? Infinity))) {
      throw new BraidError(
        'unsupported_parameter',
        `expected \`${name}\` for ${data.id} from ${target.min ?? 'any'} to ${target.max ?? 'any'}; got ${sent}`,
      )
    }
    merge(body, nested(target.path.split('.'), sent))
  }
  merge(body, data.request.body)
  if (options.stream !== false) merge(body, data.request.stream_body)
  return body
}

/** The whole of it. Throws `invalid_request` or `unsupported_parameter`, saying of what, for what cannot be sent. */
export function bodyOf(
  data: ManifestData,
  model: string,
  parameters: Body,
  request: ModelRequest,
  options: ModelOptions,
): Body {
  const encoder = encoderOf(data)
  const toolbox = toolboxOf(request, data)
  const withTools = toolbox.tools.length > 0
  const wanted = wantedOf(request.output, { data, model, withTools, mode: options.outputMode })
  const turns = named(settled(turnsOf(request.messages.map(toMessage), data)), data)
  const body: Body = {}
  merge(body, parameters)
  Object.assign(body, encoder.messages(instructed(turns, wanted.prompt), { data, model }))
  merge(body, encoder.tools(toolbox, data))
  merge(body, wanted.body)
  merge(body, options.providerOptions ?? {})
  return body
}

/** What of a body are its messages, and its system text where that is apart. */
export function conversationOf(data: ManifestData, model: string, messages: readonly Message[]): Readonly<Body> {
  const turns = messages.length === 0 ? [] : named(settled(turnsOf(messages, data)), data)
  return encoderOf(data).messages(turns, { data, model })
}

function encoderOf(data: ManifestData): Encoder {
  if (data.payload_format !== undefined) return ENCODERS[data.payload_format]
  throw new BraidError(
    'invalid_request',
    `expected a provider whose requests Braid can write; got ${data.id}, whose streams it can only read. It can call ${providerNames().join(', ')}. Set the manifest's \`payload_format\`, or make the request yourself and read its answer with a StreamProcessor`,
  )
}

function nested(path: readonly string[], value: unknown): Body {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Body
}

/** Object by object; anything else takes the place of what was there. */
function merge(into: Body, from: Readonly<Body>): void {
  for (const [name, value] of Object.entries(from)) {
    const there = into[name]
    if (!isObject(value)) into[name] = value
    else {
      // A copy, so that what was given is never written to.
      const copy: Body = isObject(there) ? { ...there } : {}
      merge(copy, value)
      into[name] = copy
    }
  }
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
