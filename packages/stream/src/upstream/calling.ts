import type { ManifestSource } from '../manifest-data.ts'
import { addressSchema, parameterSchema, type Upstream, type UpstreamAuth } from './document.ts'
import type { Remarks } from './remarks.ts'
import { sayWhatIsNoOption } from './unheeded.ts'

type Endpoint = ManifestSource['endpoint']
type Parameters = NonNullable<ManifestSource['parameters']>

/** ai-protocol's names of the parameters that are options of a model. */
const PARAMETERS: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  max_tokens: 'maxTokens',
  stop_sequences: 'stop',
  stop: 'stop',
  seed: 'seed',
  random_seed: 'seed',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  top_logprobs: 'logprobs',
  n: 'n',
}

const PAYLOADS: readonly (readonly [RegExp, NonNullable<ManifestSource['payload_format']>])[] = [
  [/responses/, 'openai_responses_style'],
  [/openai/, 'openai_style'],
  [/anthropic/, 'anthropic_style'],
  [/gemini/, 'gemini_style'],
  [/cohere_v2/, 'cohere_style'],
  [/converse/, 'bedrock_converse_style'],
  [/ollama/, 'ollama_style'],
]

/** How the provider is asked: its address, its key, its parameters. */
export function callingOf(document: Upstream, family: ManifestSource, remarks: Remarks) {
  const auth = document.endpoint.auth ?? document.auth
  if (auth?.type === 'bearer' && family.auth.type === 'custom_header' && isFamilysOwn(document, family))
    remarks.add(
      'wrong',
      document.auth ? 'auth.type' : 'endpoint.auth.type',
      `keys of this provider go into the header \`${family.auth.header}\``,
    )
  return {
    ...payloadOf(document, family, remarks),
    endpoint: endpointOf(document, family, remarks),
    auth: authOf(auth, document.id, remarks),
    parameters: parametersOf(document, family, remarks),
    features: featuresOf(document, family, remarks),
    ...talkingOf(document, family),
    request: {
      ...family.request,
      headers: {
        ...family.request?.headers,
        ...Object.fromEntries((auth?.extra_headers ?? []).map(({ name, value }) => [name.toLowerCase(), value])),
      },
    },
  } satisfies Partial<ManifestSource>
}

function payloadOf(
  document: Upstream,
  family: ManifestSource,
  remarks: Remarks,
): Pick<ManifestSource, 'payload_format'> {
  const said = document.payload_format
  if (said === undefined) return family.payload_format === undefined ? {} : { payload_format: family.payload_format }
  const known = PAYLOADS.find(([pattern]) => pattern.test(said))
  if (known) return { payload_format: known[1] }
  remarks.add('unused', 'payload_format', `Braid writes no requests in the form \`${said}\`; it reads its streams`)
  return {}
}

function endpointOf(document: Upstream, family: ManifestSource, remarks: Remarks): Endpoint {
  const written = document.endpoint.base_url ?? document.base_url ?? document.base_url_template
  const chat = pathOf(document, 'chat', 'chat_completions', 'chat_completions_create', 'messages')
  const stream = pathOf(document, 'stream_chat')
  const path = document.endpoint.chat ?? chat
  const absolute = path !== undefined && URL.canParse(path) ? new URL(path) : undefined
  const base = absolute?.origin ?? written?.replace(/\/+$/, '')
  const isTemplate = base?.includes('{') ?? false
  const protocol = document.endpoint.protocol
  if (protocol !== undefined && !/^https?$/.test(protocol))
    remarks.add(
      'unused',
      'endpoint.protocol',
      `Braid asks over HTTP and not over \`${protocol}\`; it reads the streams that you bring`,
    )
  if (isTemplate) remarks.add('unused', 'endpoint.base_url', 'an address with gaps: give `baseUrl` to the model')
  const endpoint: Endpoint = { chat: slashed(absolute?.pathname ?? path ?? family.endpoint.chat) }
  if (base !== undefined && !isTemplate) endpoint.base_url = base
  const streamed = stream ?? streamPathOf(endpoint.chat, family)
  if (streamed !== undefined) endpoint.stream_chat = slashed(streamed)
  if (stream === undefined && streamed !== undefined)
    remarks.add('filled', 'endpoints.stream_chat', `a streamed request has another path, \`${streamed}\``)
  if (family.endpoint.stream_query && document.streaming.decoder.format !== 'gemini_json')
    endpoint.stream_query = family.endpoint.stream_query
  return endpoint
}

/** Gemini's streams have a path of their own; the rest of it is as the manifest writes it. */
function streamPathOf(chat: string, family: ManifestSource): string | undefined {
  const verb = family.endpoint.stream_chat?.split(':').at(1)
  return verb !== undefined && chat.includes(':') ? `${chat.slice(0, chat.lastIndexOf(':'))}:${verb}` : undefined
}

function pathOf(document: Upstream, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const address = addressSchema.safeParse(document.endpoints[name])
    if (address.success) return address.data
  }
  return undefined
}

function slashed(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}

function authOf(auth: UpstreamAuth | undefined, id: string, remarks: Remarks): ManifestSource['auth'] {
  const token_env = auth?.token_env ?? auth?.key_env ?? `${id.replace(/\W/g, '_').toUpperCase()}_API_KEY`
  if (!auth) return { type: 'bearer', token_env }
  const header = auth.header ?? auth.header_name
  switch (auth.type) {
    case 'none':
      return { type: 'none' }
    case 'bearer':
      if (header === undefined || header.toLowerCase() === 'authorization') return { type: 'bearer', token_env }
      return { type: 'custom_header', header, prefix: `${auth.prefix ?? 'Bearer'} `, token_env }
    case 'api_key':
    case 'custom_header': {
      const prefix = auth.prefix?.trim() ?? ''
      return {
        type: 'custom_header',
        header: header ?? 'x-api-key',
        prefix: prefix === '' ? '' : `${prefix} `,
        token_env,
      }
    }
    case 'query_param':
      return { type: 'query_param', param_name: auth.param_name ?? 'key', token_env }
    default:
      remarks.add(
        'unused',
        'auth.type',
        `\`${auth.type}\` is a way that Braid does not know: give the model its \`headers\``,
      )
      return { type: 'none' }
  }
}

/** Whether it is the provider of its family, and not another one with the same protocol. */
function isFamilysOwn(document: Upstream, family: ManifestSource): boolean {
  const host = family.endpoint.base_url === undefined ? undefined : new URL(family.endpoint.base_url).host
  return host !== undefined && (document.endpoint.base_url ?? document.base_url ?? '').includes(`//${host}`)
}

/**
 * What ai-protocol has no words for: tools and structured output. Where the provider is the family's own, it is as there. One that only speaks its language has
 * tools, and is told in the prompt what an answer has to be.
 */
function talkingOf(document: Upstream, family: ManifestSource): Pick<ManifestSource, 'tools' | 'structured_output'> {
  const { structured_output, tools } = family
  if (isFamilysOwn(document, family))
    return {
      ...(tools === undefined ? {} : { tools }),
      ...(structured_output === undefined ? {} : { structured_output }),
    }
  return tools === undefined || tools === false ? {} : { tools: { ...tools, strict: false } }
}

function parametersOf(document: Upstream, family: ManifestSource, remarks: Remarks): Parameters {
  const pathOf = (option: string, path: string, field: string): string => {
    const known = family.parameters?.[option]?.path
    if (known === undefined || known === path) return path
    // `maxOutputTokens` is `generationConfig.maxOutputTokens` where the family keeps it there.
    if (known.endsWith(`.${path}`)) {
      remarks.add('overruled', field, `it goes to \`${known}\``)
      return known
    }
    if (isFamilysOwn(document, family)) remarks.add('wrong', field, `this provider takes it as \`${known}\` now`)
    return path
  }
  const parameters: Parameters = {}
  const others: { readonly [Field in 'parameter_mappings' | 'parameters']: string[] } = {
    parameter_mappings: [],
    parameters: [],
  }
  for (const [name, path] of Object.entries(document.parameter_mappings)) {
    const option = PARAMETERS[name]
    if (option === undefined) others.parameter_mappings.push(name)
    else
      parameters[option] = { ...family.parameters?.[option], path: pathOf(option, path, `parameter_mappings.${name}`) }
  }
  for (const [name, value] of Object.entries(document.parameters)) {
    const parsed = parameterSchema.safeParse(value)
    const option = parsed.success ? PARAMETERS[parsed.data.alias ?? name] : undefined
    if (!parsed.success || option === undefined) {
      others.parameters.push(name)
      continue
    }
    const { range, min = range?.[0], max = range?.[1], default: preset } = parsed.data
    parameters[option] = {
      ...family.parameters?.[option],
      path: pathOf(option, name, `parameters.${name}`),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(isPlain(preset) ? { default: preset } : {}),
    }
  }
  const candidates = document.features?.multi_candidate
  if (typeof candidates === 'object' && candidates.support_type === 'native' && !parameters['n'])
    parameters['n'] = { path: pathOf('n', candidates.param_name ?? 'n', 'features.multi_candidate.param_name') }
  for (const [field, names] of Object.entries(others)) sayWhatIsNoOption(field, names, remarks)
  // Nothing was said of any: those of the family.
  return Object.keys(parameters).length === 0 ? { ...family.parameters } : parameters
}

/** How several answers come of one call. */
function featuresOf(
  document: Upstream,
  family: ManifestSource,
  remarks: Remarks,
): NonNullable<ManifestSource['features']> {
  const { multi_candidate: said, ...others } = document.features ?? {}
  if (typeof said !== 'object') return { ...others, ...family.features }
  const { max_concurrent, support_type } = said
  if (support_type !== 'native' && support_type !== 'simulated') {
    remarks.add(
      'unused',
      'features.multi_candidate.support_type',
      `\`${support_type}\` is neither \`native\` nor \`simulated\``,
    )
    return { ...others, ...family.features }
  }
  const atMost =
    Number.isInteger(max_concurrent) && Number(max_concurrent) > 0 ? { max_concurrent: Number(max_concurrent) } : {}
  return { ...others, multi_candidate: { support_type, ...atMost } }
}

function isPlain(value: unknown): value is number | string | boolean {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
}
