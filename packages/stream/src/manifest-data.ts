import { z } from 'zod'

/** The thirteen standard codes of ai-lib, and one more for a prompt that is too long. */
const providerCode = z.enum([
  'invalid_request',
  'authentication',
  'permission_denied',
  'not_found',
  'request_too_large',
  'rate_limited',
  'quota_exhausted',
  'server_error',
  'overloaded',
  'timeout',
  'conflict',
  'cancelled',
  'unknown',
  'context_too_long',
])

/** Their names, for what is checked by hand. */
export const PROVIDER_CODES: readonly string[] = providerCode.options

const finishReason = z.enum(['stop', 'length', 'tool-calls', 'content-filter', 'error', 'other'])

/** `$.a.b[0].c`, or several of them, of which the first that has a value counts. */
const path = z.string().startsWith('$')
const paths = z.union([path, z.array(path).min(1)])

const regex = z.string().refine((source) => {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}, 'a regular expression')

const endpoint = z.strictObject({
  /** Without a slash at the end. Absent where only the user knows it. `{AWS_REGION}` stands for what that environment variable says; of `{A|B}`, the first that is set. */
  base_url: z
    .string()
    .refine((address) => URL.canParse(address.replace(/\{[A-Z0-9_|]+\}/g, 'x')), 'an address')
    .optional(),
  /** Environment variables that may replace `base_url`; the first that is set counts. */
  base_url_env: z.array(z.string()).default([]),
  /** Path of a plain request. `{model}` stands for the model's name. */
  chat: z.string().startsWith('/'),
  /** Path of a streamed request, where it is another one. */
  stream_chat: z.string().startsWith('/').optional(),
  /** Query parameters of every request; those of a `baseUrl` are stronger. */
  query: z.record(z.string(), z.string()).default({}),
  /** Query parameters of a streamed request. */
  stream_query: z.record(z.string(), z.string()).default({}),
})

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer'), token_env: z.string() }),
  z.strictObject({
    type: z.literal('custom_header'),
    header: z.string(),
    prefix: z.string().default(''),
    token_env: z.string(),
    /** Keys that are tokens, by how they look: they go as `Authorization: Bearer`. */
    tokens: regex.optional(),
  }),
  z.strictObject({ type: z.literal('query_param'), param_name: z.string(), token_env: z.string() }),
  /** Signed with AWS's credentials (`AWS_ACCESS_KEY_ID` and its friends); a key of the service's own, where there is one, goes as a bearer. */
  z.strictObject({ type: z.literal('aws_sigv4'), service: z.string(), token_env: z.string() }),
])

/** Where one of Braid's options goes in the request's body. */
const parameter = z.strictObject({
  /** Dotted: `generationConfig.maxOutputTokens`. */
  path: z.string(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** Sent when the user gives none. */
  default: z.union([z.number(), z.string(), z.boolean()]).optional(),
  /** Merged into the body where it is sent. */
  beside: z.record(z.string(), z.unknown()).default({}),
  /** The models that take it, by name. Default: all. */
  models: regex.optional(),
})

/** How much a model thinks before it answers, from nothing on. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

/** How some of its models are told how much to think. */
const reasoning = z.strictObject({
  /** By name. Default: all. */
  models: regex.optional(),
  /** Merged into the body whether or not it is told. */
  always: z.record(z.string(), z.unknown()).default({}),
  /** Merged into the body for each word. A word that is not here is not taken. */
  efforts: z.partialRecord(z.enum(EFFORTS), z.record(z.string(), z.unknown())),
})

const request = z.strictObject({
  /** Sent as they are, with every request. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Merged into the body of every request. */
  body: z.record(z.string(), z.unknown()).default({}),
  /** Merged into the body of a streamed request. */
  stream_body: z.record(z.string(), z.unknown()).default({}),
  /** The field of an assistant's message that its reasoning goes back in. Absent: it does not go back, unless it is signed. */
  reasoning: z.string().optional(),
  /** Merged into an assistant's message that is the last one, and so is to be continued. */
  continued: z.record(z.string(), z.unknown()).default({}),
  /** How files stand among the parts of a chat message: as OpenAI has them, or as Mistral, by their addresses alone. */
  files: z.enum(['openai', 'mistral']).default('openai'),
})

/** How its models call tools. */
const tools = z.strictObject({
  /** Whether a tool may be `strict`: the provider holds what the model writes to the schema. */
  strict: z.boolean().default(false),
  /** The ways to choose that it has; `one` is a tool by its name. */
  choices: z.array(z.enum(['auto', 'none', 'required', 'one'])).default(['auto', 'none', 'required', 'one']),
  /** Whether a history that has calls is refused where no tool is offered: it is told as text then. */
  offered: z.boolean().default(false),
  /** The ids of calls that it takes. Any other is replaced by `length` letters and digits, made of it. */
  call_ids: z.strictObject({ pattern: regex, length: z.int().min(1).max(40) }).optional(),
})

/** How its models are told what an answer has to be. */
const structuredOutput = z
  .strictObject({
    /** By a schema; only that it has to be JSON, with the schema in the prompt; or by the prompt alone. */
    mode: z.enum(['json_schema', 'json_object', 'none']),
    /** Merged into the body. A text that is `{schema}`, `{schema_text}`, `{name}` or `{strict}` stands for the schema, for its text, for a name of it, and for whether all of it is held to. */
    body: z.record(z.string(), z.unknown()).default({}),
    /** The models that have it, by name; any other is told in the prompt. Default: all. */
    models: regex.optional(),
    /** Those that have it together with tools. Default: the same. */
    models_with_tools: regex.optional(),
  })
  .refine(({ body, mode }) => mode !== 'json_schema' || JSON.stringify(body).match(/"\{schema(?:_text)?\}"/) !== null, {
    path: ['body'],
    error: 'a body with a place for the schema: a field whose value is {schema}',
  })

const errorClassification = z.strictObject({
  by_http_status: z.record(z.string(), providerCode).default({}),
  /** By the provider's own code, type or status word. Stronger than the HTTP status. */
  by_error_code: z.record(z.string(), providerCode).default({}),
  /** By a part of the message, in lower case: for providers that say it nowhere else. Strongest. */
  by_message: z.record(z.string(), providerCode).default({}),
  /** What an error in the middle of a stream is where none of its words says it: there is no status then. */
  in_stream: providerCode.default('unknown'),
  /** Where the words are, in an error frame or an error body. */
  paths: z
    .strictObject({ code: z.array(path).default([]), message: z.array(path).default([]) })
    .default({ code: [], message: [] }),
})

/** The response headers in which a provider says how much may still be sent, and in how long (or at what time) that is as much as ever. */
const rateLimitHeaders = z.looseObject({
  requests_limit: z.string().optional(),
  requests_remaining: z.string().optional(),
  requests_reset: z.string().optional(),
  tokens_limit: z.string().optional(),
  tokens_remaining: z.string().optional(),
  tokens_reset: z.string().optional(),
})

/** What a model costs, by its name, for a million tokens each. The currency is whoever's who wrote it. */
const prices = z.record(
  z.string(),
  z.strictObject({
    input: z.number().min(0),
    output: z.number().min(0),
    cached: z.number().min(0).optional(),
    cacheWrite: z.number().min(0).optional(),
  }),
)

/** What a rule may give. The names are ai-protocol's where it has one. */
const EMITS = [
  'MessageStart',
  'PartialContentDelta',
  'ThinkingDelta',
  'RefusalDelta',
  'ToolCallStarted',
  'PartialToolCall',
  'ToolCallEnded',
  'Source',
  'File',
  'Redaction',
  'Metadata',
  'FinalCandidate',
  'StreamEnd',
  'StreamError',
  'Ping',
  'Raw',
] as const

/** A value of a field: a path or several (they start with `$`), a constant, or an object made of what is at its paths. */
const field = z.union([z.string(), z.number(), z.boolean(), z.array(path).min(1), z.record(z.string(), path)])

const rule = z.strictObject({
  /** When it applies. Default: always. */
  match: z.string().optional(),
  emit: z.enum(EMITS),
  /** By name; a name that the event does not know goes to the chunk's `metadata`. */
  fields: z.record(z.string(), field).default({}),
})

/** Where the counts are in the provider's usage object, which `$` stands for. */
const usage = z.strictObject({
  input: paths.optional(),
  output: paths.optional(),
  total: paths.optional(),
  cached: paths.optional(),
  cache_write: paths.optional(),
  /** Input that came from a cache, or went into one, is counted beside `input` and not in it. */
  cached_beside: z.boolean().default(false),
  reasoning: paths.optional(),
  /** What a later usage object does to an earlier one: takes its place, overlays its fields, or overlays those in which it counts more. */
  merge: z.enum(['replace', 'overlay', 'largest']).default('replace'),
})

export const DECODER_FORMATS = [
  'sse',
  'openai_sse',
  'anthropic_sse',
  'gemini_sse',
  'gemini_json',
  'json_array',
  'json_lines',
  'jsonl',
  'ndjson',
  'cohere_native',
  'aws_eventstream',
] as const

/** Formats whose frames have names. */
const NAMED: ReadonlySet<string> = new Set(['sse', 'openai_sse', 'anthropic_sse', 'gemini_sse', 'aws_eventstream'])

const decoder = z
  .strictObject({
    format: z.enum(DECODER_FORMATS),
    /** The data that ends the stream without being JSON. */
    done_signal: z.string().optional(),
    /** The event's name is part of the frame, `{ name: data }`. AWS's events are always read so. */
    by_event: z.boolean().default(false),
    /** Events whose data is text as it stands and not JSON, where frames are read by event. */
    text_events: z.array(z.string()).default([]),
    /** Where a frame carries another one in base64. JSON takes the frame's place; text becomes its field `text`. */
    inner: z.strictObject({ path, holds: z.enum(['json', 'text']) }).optional(),
  })
  .refine(({ by_event, format }) => !by_event || NAMED.has(format), {
    path: ['by_event'],
    error: 'a format whose frames have names, which this one is not',
  })
  .refine(({ by_event, format, text_events }) => text_events.length === 0 || by_event || format === 'aws_eventstream', {
    path: ['text_events'],
    error: 'frames that are read by event; set by_event',
  })

const streaming = z.strictObject({
  decoder,
  /** Which frames are the protocol's. Any other becomes a `raw` chunk. Default: all. */
  frame_selector: z.string().optional(),
  candidate: z
    .strictObject({
      /** `$.choices[*].index`: the array of candidates, and in each where its number is. */
      candidate_id_path: path,
      fan_out: z.literal(true).default(true),
    })
    .optional(),
  event_map: z.array(rule).min(1),
  /**
   * What makes a stream whole: a finish reason for every candidate (or the done signal), the provider's terminal event
   * (`StreamEnd`), or, for protocols that have neither, an end on a frame boundary.
   */
  completion: z.enum(['finish_reason', 'stop_event', 'clean_end']),
})

const features = z.looseObject({
  /** How one call gives several answers: the provider takes `parameters.n`, or each is a request of its own. Default: native, where it has `n`. */
  multi_candidate: z
    .looseObject({
      support_type: z.enum(['native', 'simulated']),
      /** Of native ones, the name in the body: the last of `parameters.n`. */
      param_name: z.string().optional(),
      /** Of simulated ones, how many requests are under way at once. Default: all. */
      max_concurrent: z.int().min(1).optional(),
    })
    .optional(),
})

const manifest = z.looseObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'an id of lower-case letters, digits, dots and dashes'),
  name: z.string().optional(),
  /** Which request body it takes. Absent: its streams can be read, and Braid cannot ask for them itself. */
  payload_format: z
    .enum([
      'openai_style',
      'openai_responses_style',
      'anthropic_style',
      'gemini_style',
      'bedrock_converse_style',
      'cohere_style',
      'ollama_style',
    ])
    .optional(),
  endpoint,
  auth,
  /** By the name of Braid's option: `temperature`, `topP`, `topK`, `maxTokens`, `stop`, `seed`, `frequencyPenalty`, `presencePenalty`, `logprobs`, `n`. An option that is not here is not supported. */
  parameters: z.record(z.string(), parameter).default({}),
  /** What the option `reasoning` does: the first of them that knows the model. */
  reasoning: z.array(reasoning).default([]),
  /** Whether the option `cache` marks what is to be kept of a prompt. Providers that keep it without being asked need no mark. */
  cache_marks: z.boolean().default(false),
  request: request.default({ headers: {}, body: {}, stream_body: {}, continued: {}, files: 'openai' }),
  /** `false`: it has none. */
  tools: z
    .union([z.literal(false), tools])
    .default({ strict: false, offered: false, choices: ['auto', 'none', 'required', 'one'] }),
  structured_output: structuredOutput.default({ mode: 'none', body: {} }),
  error_classification: errorClassification,
  rate_limit_headers: rateLimitHeaders.optional(),
  prices: prices.optional(),
  /** By the provider's word; `''` is an answer that ended whole without one. */
  termination: z.strictObject({ mapping: z.record(z.string(), finishReason) }),
  usage,
  streaming,
  features: features.optional(),
  /** How a plain answer is read, where its rules are not those of a frame. */
  response: z.strictObject({ event_map: z.array(rule).min(1) }).optional(),
})

export const manifestSchema = manifest.refine(
  ({ features, parameters }) => {
    const { support_type, param_name } = features?.multi_candidate ?? {}
    const last = parameters['n']?.path.split('.').at(-1)
    return support_type !== 'native' || (last !== undefined && last === (param_name ?? last))
  },
  {
    path: ['features', 'multi_candidate'],
    error: 'native candidates are asked for by a parameter: expected its place in parameters.n, by the same name',
  },
)

/** A manifest as it is written. Unknown fields at the top describe; they are kept and do nothing. */
export type ManifestSource = z.input<typeof manifestSchema>
/** A manifest as it is read: validated, defaults filled in. */
export type ManifestData = z.output<typeof manifestSchema>
export type Effort = (typeof EFFORTS)[number]
export type RuleData = ManifestData['streaming']['event_map'][number]
export type RuleSource = ManifestSource['streaming']['event_map'][number]
export type Emit = RuleData['emit']
export type ProviderCode = z.output<typeof providerCode>
