import { words } from '../words.ts'
import { readAnthropicMessages } from './anthropic-messages-request.ts'
import { type JsonObject, string } from './json.ts'
import { type Problem, type Spoken, type SpokenCandidate, type SpokenFinish, serial, type Wire } from './wire.ts'

/** https://docs.anthropic.com/en/api/messages-streaming. This API has one candidate; the first is sent. */
export const anthropicMessages: Wire = {
  api: 'anthropic-messages',
  anatomy: { text: /"text":\s*"(?=[^"])/, closing: /"type":\s*"message_(?:delta|stop)"/ },
  owns: (pathname) => pathname === '/v1/messages',
  read: readAnthropicMessages,
  *frames(spoken, asked) {
    if (asked.framing === 'plain') yield JSON.stringify(message(spoken, true))
    else for (const event of events(spoken)) yield frame(event)
  },
  error: (problem, _asked, number) => JSON.stringify({ ...errorBody(problem), request_id: requestId(number) }),
  errorFrame: (problem) => frame(errorBody(problem)),
  contentType: ({ framing }) => (framing === 'plain' ? 'application/json' : 'text/event-stream; charset=utf-8'),
  headers: (number) => ({ 'request-id': requestId(number) }),
}

const requestId = (number: number): string => `req_${serial(number)}`

function frame(event: JsonObject): string {
  return `event: ${string(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`
}

const FINISH = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
} as const satisfies Record<SpokenFinish, string>

function message(spoken: Spoken, whole: boolean): JsonObject {
  const candidate = spoken.candidates[0]
  const { input, output, cached } = spoken.usage
  return {
    id: `msg_${serial(spoken.number)}`,
    type: 'message',
    role: 'assistant',
    model: spoken.model,
    content: whole && candidate ? blocks(spoken, candidate).map(({ block }) => block) : [],
    stop_reason: whole && candidate ? stopReason(candidate) : null,
    stop_sequence: null,
    usage: {
      // Here, unlike at OpenAI, what was cached is not counted among the input.
      input_tokens: input - cached,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: cached,
      output_tokens: whole ? output : 1,
      service_tier: 'standard',
    },
  }
}

const stopReason = (candidate: SpokenCandidate): string => candidate.rawFinishReason ?? FINISH[candidate.finishReason]

interface Block {
  /** As a plain answer has it. */
  readonly block: JsonObject
  /** As `content_block_start` has it. */
  readonly opening: JsonObject
  readonly deltas: readonly JsonObject[]
}

function blocks(
  spoken: Spoken,
  { reasoning, signature, redacted, text, toolCalls }: SpokenCandidate,
): readonly Block[] {
  const made: Block[] = []
  if (reasoning !== '') {
    made.push({
      block: { type: 'thinking', thinking: reasoning, signature },
      opening: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...words(reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature },
      ],
    })
  }
  if (redacted !== '') {
    const block = { type: 'redacted_thinking', data: redacted }
    made.push({ block, opening: block, deltas: [] })
  }
  if (text !== '') {
    made.push({
      block: { type: 'text', text },
      opening: { type: 'text', text: '' },
      deltas: words(text).map((piece) => ({ type: 'text_delta', text: piece })),
    })
  }
  for (const [index, call] of toolCalls.entries()) {
    const id = call.id ?? `toolu_${serial(spoken.number)}_${index}`
    made.push({
      block: { type: 'tool_use', id, name: call.name, input: call.input },
      opening: { type: 'tool_use', id, name: call.name, input: {} },
      deltas: ['', ...words(call.rawInput)].map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    })
  }
  return made
}

function* events(spoken: Spoken): Generator<JsonObject> {
  yield { type: 'message_start', message: message(spoken, false) }
  const candidate = spoken.candidates[0]
  if (candidate) {
    for (const [index, { opening, deltas }] of blocks(spoken, candidate).entries()) {
      yield { type: 'content_block_start', index, content_block: opening }
      if (index === 0) yield { type: 'ping' }
      for (const delta of deltas) yield { type: 'content_block_delta', index, delta }
      yield { type: 'content_block_stop', index }
    }
    yield {
      type: 'message_delta',
      delta: { stop_reason: stopReason(candidate), stop_sequence: null },
      usage: { output_tokens: spoken.usage.output },
    }
  }
  yield { type: 'message_stop' }
}

/** https://docs.anthropic.com/en/api/errors */
const ERRORS: Readonly<Record<number, { type: string; message: string }>> = {
  400: { type: 'invalid_request_error', message: 'Invalid request' },
  401: { type: 'authentication_error', message: 'invalid x-api-key' },
  403: { type: 'permission_error', message: 'Your API key does not have permission to use the specified resource.' },
  404: { type: 'not_found_error', message: 'Not found' },
  413: { type: 'request_too_large', message: 'Request exceeds the maximum size' },
  429: { type: 'rate_limit_error', message: 'This request would exceed your rate limit' },
  504: { type: 'timeout_error', message: 'The request timed out' },
  529: { type: 'overloaded_error', message: 'Overloaded' },
}

function errorBody(problem: Problem): JsonObject {
  const usual = ERRORS[problem.status] ?? { type: 'api_error', message: 'Internal server error' }
  return {
    type: 'error',
    error: { type: problem.type ?? usual.type, message: problem.message ?? usual.message },
  }
}
