import { words } from '../words.ts'
import { awsMessage } from './aws-message.ts'
import { BEDROCK_PATH, readBedrockConverse } from './bedrock-converse-request.ts'
import type { JsonObject } from './json.ts'
import { type Problem, type Spoken, type SpokenCandidate, type SpokenFinish, serial, type Wire } from './wire.ts'

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. Streams are AWS's binary events; this API has one candidate. */
export const bedrockConverse: Wire = {
  api: 'bedrock-converse',
  anatomy: { text: /"delta":\{"text":"(?=[^"])/, closing: /"stopReason":/ },
  owns: (pathname) => BEDROCK_PATH.test(pathname),
  read: readBedrockConverse,
  *frames(spoken, { framing }) {
    if (framing === 'plain') yield JSON.stringify(whole(spoken))
    else for (const [type, event] of events(spoken)) yield awsMessage('event', type, event)
  },
  error: (problem) => JSON.stringify({ message: messageOf(problem) }),
  errorFrame(problem) {
    const type = typeOf(problem)
    return awsMessage('exception', type.charAt(0).toLowerCase() + type.slice(1), { message: messageOf(problem) })
  },
  contentType: ({ framing }) => (framing === 'plain' ? 'application/json' : 'application/vnd.amazon.eventstream'),
  headers: (number) => ({ 'x-amzn-requestid': `req-${serial(number)}` }),
  errorHeaders: (problem) => ({ 'x-amzn-errortype': typeOf(problem) }),
}

const FINISH = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
} as const satisfies Record<SpokenFinish, string>

const stopReason = (candidate: SpokenCandidate): string => candidate.rawFinishReason ?? FINISH[candidate.finishReason]

interface Block {
  /** As a plain answer has it. */
  readonly block: JsonObject
  /** As `contentBlockStart` has it. Text and reasoning come without. */
  readonly opening?: JsonObject
  readonly deltas: readonly JsonObject[]
}

function blocks(
  spoken: Spoken,
  { reasoning, signature, redacted, text, toolCalls }: SpokenCandidate,
): readonly Block[] {
  const made: Block[] = []
  if (reasoning !== '') {
    made.push({
      block: { reasoningContent: { reasoningText: { text: reasoning, signature } } },
      deltas: [...words(reasoning).map((piece) => ({ text: piece })), { signature }].map((reasoningContent) => ({
        reasoningContent,
      })),
    })
  }
  if (redacted !== '') {
    const block = { reasoningContent: { redactedContent: redacted } }
    made.push({ block, deltas: [block] })
  }
  if (text !== '') made.push({ block: { text }, deltas: words(text).map((piece) => ({ text: piece })) })
  for (const [index, call] of toolCalls.entries()) {
    const toolUseId = call.id ?? `tooluse_${serial(spoken.number)}_${index}`
    made.push({
      block: { toolUse: { toolUseId, name: call.name, input: call.input } },
      opening: { toolUse: { toolUseId, name: call.name } },
      deltas: words(call.rawInput).map((input) => ({ toolUse: { input } })),
    })
  }
  return made
}

function* events(spoken: Spoken): Generator<readonly [type: string, event: JsonObject]> {
  yield ['messageStart', { role: 'assistant' }]
  const candidate = spoken.candidates[0]
  if (candidate) {
    for (const [contentBlockIndex, { opening, deltas }] of blocks(spoken, candidate).entries()) {
      if (opening !== undefined) yield ['contentBlockStart', { contentBlockIndex, start: opening }]
      for (const delta of deltas) yield ['contentBlockDelta', { contentBlockIndex, delta }]
      yield ['contentBlockStop', { contentBlockIndex }]
    }
    yield ['messageStop', { stopReason: stopReason(candidate) }]
  }
  yield ['metadata', { usage: usage(spoken), metrics: { latencyMs: 1 } }]
}

function whole(spoken: Spoken): JsonObject {
  const candidate = spoken.candidates[0]
  const content = candidate === undefined ? [] : blocks(spoken, candidate).map(({ block }) => block)
  return {
    output: { message: { role: 'assistant', content } },
    ...(candidate === undefined ? {} : { stopReason: stopReason(candidate) }),
    usage: usage(spoken),
    metrics: { latencyMs: 1 },
  }
}

function usage({ usage: { input, output, cached } }: Spoken): JsonObject {
  return {
    inputTokens: input - cached,
    outputTokens: output,
    totalTokens: input + output,
    ...(cached === 0 ? {} : { cacheReadInputTokens: cached }),
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
const ERRORS: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['ValidationException', 'The input fails to satisfy the constraints specified by the service.'],
  401: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  403: ['AccessDeniedException', "You don't have access to the model with the specified model ID."],
  404: ['ResourceNotFoundException', 'The specified resource was not found.'],
  408: ['ModelTimeoutException', 'The request took too long to process.'],
  424: ['ModelErrorException', 'The request failed due to an error while processing the model.'],
  429: ['ThrottlingException', 'Too many requests, please wait before trying again.'],
  503: ['ServiceUnavailableException', 'Bedrock is unable to process your request.'],
}

function typeOf({ status, type }: Problem): string {
  return type ?? ERRORS[status]?.[0] ?? 'InternalServerException'
}

function messageOf({ status, message }: Problem): string {
  return (
    message ??
    ERRORS[status]?.[1] ??
    'The system encountered an unexpected error during processing. Try your request again.'
  )
}
