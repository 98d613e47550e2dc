import { words } from '../words.ts'
import { type JsonObject, object } from './json.ts'
import { readOpenaiChat } from './openai-chat-request.ts'
import {
  CREATED,
  interleave,
  type Problem,
  type Spoken,
  type SpokenCandidate,
  type SpokenFinish,
  serial,
  type Wire,
} from './wire.ts'

/** https://platform.openai.com/docs/api-reference/chat; frames as recorded from api.openai.com in 2025. */
export const openaiChat: Wire = {
  api: 'openai-chat',
  anatomy: { text: /"content":\s*"(?=[^"])/, closing: /"finish_reason":\s*"|^data:\s*\[DONE\]/ },
  // Azure has it under `/openai/v1`, Writer at `/chat`.
  owns: (pathname) => /^(?:\/openai(?:\/deployments\/[^/]+)?)?(?:\/v1)?\/chat(?:\/completions)?$/.test(pathname),
  read: readOpenaiChat,
  *frames(spoken, asked, body) {
    if (asked.framing === 'plain') yield JSON.stringify(completion(spoken))
    else yield* chunks(spoken, object(body['stream_options'])['include_usage'] === true)
  },
  error: (problem) => JSON.stringify(errorBody(problem), undefined, 2),
  errorFrame: (problem) => `data: ${JSON.stringify(errorBody(problem))}\n\n`,
  contentType: ({ framing }) => (framing === 'plain' ? 'application/json' : 'text/event-stream; charset=utf-8'),
  headers: (number) => ({ 'x-request-id': `req_${serial(number)}` }),
}

const FINISH = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
} as const satisfies Record<SpokenFinish, string>

const finishReason = (candidate: SpokenCandidate): string => candidate.rawFinishReason ?? FINISH[candidate.finishReason]

function usage({ usage: { input, output, reasoning, cached } }: Spoken): JsonObject {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function* chunks(spoken: Spoken, includeUsage: boolean): Generator<string> {
  const frame = (choices: readonly JsonObject[], last?: JsonObject): string =>
    `data: ${JSON.stringify({
      id: `chatcmpl-${serial(spoken.number)}`,
      object: 'chat.completion.chunk',
      created: CREATED,
      model: spoken.model,
      service_tier: 'default',
      system_fingerprint: 'fp_braid',
      choices,
      // With `include_usage` every chunk has the field, and all but the last say null.
      ...(includeUsage ? { usage: last ?? null } : {}),
    })}\n\n`
  const choice = (index: number, delta: JsonObject, finish: string | null = null): JsonObject => ({
    index,
    delta,
    logprobs: null,
    finish_reason: finish,
  })
  for (const [index, delta] of interleave(spoken.candidates.map((candidate) => deltas(spoken, candidate)))) {
    yield frame([choice(index, delta)])
  }
  for (const [index, candidate] of spoken.candidates.entries()) {
    yield frame([choice(index, {}, finishReason(candidate))])
  }
  if (includeUsage) yield frame([], usage(spoken))
  yield 'data: [DONE]\n\n'
}

function deltas(spoken: Spoken, candidate: SpokenCandidate): readonly JsonObject[] {
  const silent = candidate.text === '' && candidate.toolCalls.length > 0
  return [
    { role: 'assistant', content: silent ? null : '', refusal: null },
    // OpenAI keeps reasoning to itself in this API; the field is the one that DeepSeek gave its dialect.
    ...words(candidate.reasoning).map((data) => ({ reasoning_content: data })),
    ...words(candidate.text).map((data) => ({ content: data })),
    ...candidate.toolCalls.flatMap(({ id, name, rawInput }, index) => [
      {
        tool_calls: [
          { index, id: id ?? callId(spoken, candidate, index), type: 'function', function: { name, arguments: '' } },
        ],
      },
      ...words(rawInput).map((data) => ({ tool_calls: [{ index, function: { arguments: data } }] })),
    ]),
  ]
}

function callId(spoken: Spoken, candidate: SpokenCandidate, index: number): string {
  return `call_${serial(spoken.number)}_${spoken.candidates.indexOf(candidate)}_${index}`
}

function completion(spoken: Spoken): JsonObject {
  return {
    id: `chatcmpl-${serial(spoken.number)}`,
    object: 'chat.completion',
    created: CREATED,
    model: spoken.model,
    choices: spoken.candidates.map((candidate, index) => ({
      index,
      message: {
        role: 'assistant',
        content: candidate.text === '' && candidate.toolCalls.length > 0 ? null : candidate.text,
        refusal: null,
        annotations: [],
        ...(candidate.reasoning === '' ? {} : { reasoning_content: candidate.reasoning }),
        ...(candidate.toolCalls.length === 0
          ? {}
          : {
              tool_calls: candidate.toolCalls.map(({ id, name, rawInput }, call) => ({
                id: id ?? callId(spoken, candidate, call),
                type: 'function',
                function: { name, arguments: rawInput },
              })),
            }),
      },
      logprobs: null,
      finish_reason: finishReason(candidate),
    })),
    usage: usage(spoken),
    service_tier: 'default',
    system_fingerprint: 'fp_braid',
  }
}

/** https://platform.openai.com/docs/guides/error-codes; 429 is a rate limit unless the script says `insufficient_quota`. */
const ERRORS: Readonly<Record<number, { type: string; code: string | null; message: string }>> = {
  400: { type: 'invalid_request_error', code: null, message: 'Invalid request.' },
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  403: {
    type: 'invalid_request_error',
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
  },
  404: { type: 'invalid_request_error', code: 'model_not_found', message: 'The model does not exist.' },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached.' },
}

function errorBody(problem: Problem): JsonObject {
  const usual = ERRORS[problem.status] ?? {
    type: problem.status >= 400 && problem.status < 500 ? 'invalid_request_error' : 'server_error',
    code: null,
    message: 'The server had an error while processing your request. Sorry about that!',
  }
  return {
    error: {
      message: problem.message ?? usual.message,
      type: problem.type ?? usual.type,
      param: null,
      code: problem.code ?? usual.code,
    },
  }
}
