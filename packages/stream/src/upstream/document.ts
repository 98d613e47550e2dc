import { z } from 'zod'

/*
 * ai-protocol's own manifests, versions 1 and 2, as github.com/ailib-official/ai-protocol writes them (schemas/v1.json and schemas/v2).
 * What says how bytes are read is strict: a field there that nobody knows would act, and is refused. Elsewhere unknown fields describe.
 */

const notes = { notes: z.unknown().optional(), description: z.unknown().optional() }
/** By name, in words. Anything else in it describes. */
const words = z
  .record(z.string(), z.unknown())
  .transform((all) =>
    Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  )

/** A path, several of which the first with a value counts, or a constant. */
const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()).min(1)]))

const rule = z.strictObject({
  match: z.string().optional(),
  emit: z.enum([
    'PartialContentDelta',
    'ThinkingDelta',
    'PartialToolCall',
    'ToolCallStarted',
    'ToolCallEnded',
    'Metadata',
    'UsageReport',
    'FinalCandidate',
    'StreamEnd',
    'StreamError',
  ]),
  /** Version 1's name. */
  fields: values.default({}),
  /** Version 2's. */
  extract: values.default({}),
  ...notes,
})

const streaming = z.looseObject({
  event_format: z.string().optional(),
  decoder: z
    .strictObject({
      format: z.string().optional(),
      strategy: z.string().optional(),
      delimiter: z.string().optional(),
      prefix: z.string().optional(),
      done_signal: z.string().nullish(),
      ...notes,
    })
    .default({}),
  frame_selector: z.string().optional(),
  candidate: z
    .strictObject({ candidate_id_path: z.string().optional(), fan_out: z.boolean().optional(), ...notes })
    .optional(),
  accumulator: z
    .strictObject({
      stateful_tool_parsing: z.boolean().optional(),
      key_path: z.string().optional(),
      flush_on: z.string().optional(),
      ...notes,
    })
    .optional(),
  event_map: z.array(rule).default([]),
  stop_condition: z.string().optional(),
  extra_metadata_path: z.string().optional(),
  content_path: z.string().optional(),
  tool_call_path: z.string().optional(),
  usage_path: z.string().optional(),
})

const auth = z.looseObject({
  type: z.string().default('bearer'),
  token_env: z.string().optional(),
  key_env: z.string().optional(),
  header: z.string().optional(),
  header_name: z.string().optional(),
  prefix: z.string().optional(),
  param_name: z.string().optional(),
  extra_headers: z
    .union([
      z.array(z.looseObject({ name: z.string(), value: z.string() })),
      words.transform((all) => Object.entries(all).map(([name, value]) => ({ name, value }))),
    ])
    .default([]),
})

const endpoint = z.looseObject({
  base_url: z.string().optional(),
  protocol: z.string().optional(),
  chat: z.string().optional(),
  auth: auth.optional(),
})

/** Where one of its operations is. */
export const addressSchema = z.union([z.string(), z.looseObject({ path: z.string() }).transform(({ path }) => path)])

/** One of version 2's parameters. */
export const parameterSchema = z.looseObject({
  alias: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  default: z.unknown().optional(),
})

const errors = z.looseObject({
  by_http_status: words.default({}),
  by_error_code: words.default({}),
  by_error_status: words.default({}),
  by_message_contains: words.default({}),
})

const features = z.looseObject({
  multi_candidate: z
    .union([z.looseObject({ support_type: z.string(), param_name: z.string().optional() }), z.boolean()])
    .optional(),
  response_mapping: z
    .looseObject({
      tool_calls: z
        .looseObject({ path: z.string(), filter: z.string().optional(), fields: words.default({}) })
        .optional(),
      error: words.optional(),
    })
    .optional(),
})

const tooling = z.looseObject({
  source_model: z.string().optional(),
  tool_use: z
    .looseObject({
      id_path: z.string().optional(),
      index_path: z.string().optional(),
      name_path: z.string().optional(),
      input_path: z.string().optional(),
      arguments_path: z.string().optional(),
    })
    .optional(),
})

export const upstreamSchema = z.looseObject({
  id: z.string(),
  protocol_version: z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().regex(/^[12](\.\d+)*$/, 'expected a version of ai-protocol that Braid reads, 1.x or 2.x')),
  name: z.string().optional(),
  endpoint: endpoint.default({}),
  /** Before 1.5, where `endpoint` has it now. */
  base_url: z.string().optional(),
  base_url_template: z.string().optional(),
  auth: auth.optional(),
  payload_format: z.string().optional(),
  response_format: z.string().optional(),
  api_families: z.union([z.array(z.string()), z.looseObject({})]).optional(),
  default_api_family: z.string().optional(),
  endpoints: z.record(z.string(), z.unknown()).default({}),
  parameter_mappings: words.default({}),
  parameters: z.record(z.string(), z.unknown()).default({}),
  termination: z
    .looseObject({ source_field: z.string().optional(), mapping: words.default({}) })
    .default({ mapping: {} }),
  error_classification: errors.default({
    by_http_status: {},
    by_error_code: {},
    by_error_status: {},
    by_message_contains: {},
  }),
  response_paths: words.default({}),
  streaming: streaming.default({ decoder: {}, event_map: [] }),
  features: features.optional(),
  tooling: tooling.optional(),
  capabilities: z.unknown().optional(),
})

export type Upstream = z.output<typeof upstreamSchema>
export type UpstreamRule = Upstream['streaming']['event_map'][number]
export type UpstreamAuth = NonNullable<Upstream['auth']>
