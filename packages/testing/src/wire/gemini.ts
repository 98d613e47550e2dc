import { words } from '../words.ts'
import { GEMINI_PATH, readGemini, signsCalls } from './gemini-request.ts'
import { type JsonObject, string } from './json.ts'
import {
  interleave,
  type Problem,
  type Spoken,
  type SpokenCandidate,
  type SpokenFinish,
  serial,
  type Wire,
} from './wire.ts'

/** https://ai.google.dev/api/generate-content. Streams are a JSON array unless the request says `alt=sse`; lines end with CRLF. */
export const gemini: Wire = {
  api: 'gemini',
  // A thought is text too, with a mark beside it.
  anatomy: {
    text: /"text":\s*"(?=[^"])(?!(?:[^"\\]|\\.)*",\s*"thought":\s*true)/,
    closing: /"finishReason":|^\]/,
  },
  owns: (pathname) => GEMINI_PATH.test(pathname),
  read: readGemini,
  *frames(spoken, { framing }) {
    if (framing === 'plain') {
      yield `${JSON.stringify(whole(spoken), undefined, 2)}\n`
      return
    }
    let first = true
    for (const part of parts(spoken)) {
      yield framing === 'sse' ? `data: ${JSON.stringify(part)}\r\n\r\n` : element(part, first)
      first = false
    }
    if (framing === 'array') yield ']'
  },
  error(problem, { framing }) {
    const body = JSON.stringify(errorBody(problem), undefined, 2)
    return framing === 'array' ? `[${body}\n]` : `${body}\n`
  },
  errorFrame: (problem, { framing }) =>
    framing === 'sse'
      ? `data: ${JSON.stringify(errorBody(problem))}\r\n\r\n`
      : `${element(errorBody(problem), false)}]`,
  contentType: ({ framing }) => (framing === 'sse' ? 'text/event-stream' : 'application/json; charset=UTF-8'),
  headers: () => ({}),
}

function element(part: JsonObject, first: boolean): string {
  return `${first ? '[' : ',\r\n'}${JSON.stringify(part, undefined, 2)}\n`
}

/** Calling a function is an ordinary stop here. */
const FINISH = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
} as const satisfies Record<SpokenFinish, string>

interface Piece {
  readonly part: JsonObject
  readonly tokens: number
  readonly thoughts: number
  readonly finish?: string
}

/**
 * What one candidate says, piece by piece. The finish reason rides on the last function call, or on an empty text after the last word. The signature is on
 * the first call, or on that text, as Gemini 3 sends it; that one signs its calls also where it shows no thoughts.
 */
function pieces(candidate: SpokenCandidate, model: string): readonly Piece[] {
  const signed = candidate.reasoning !== '' || (signsCalls(model) && candidate.toolCalls.length > 0)
  const signature = signed ? { thoughtSignature: candidate.signature } : {}
  const made: Piece[] = [
    ...words(candidate.reasoning).map((text) => ({ part: { text, thought: true }, tokens: 0, thoughts: 1 })),
    ...words(candidate.text).map((text) => ({ part: { text }, tokens: 1, thoughts: 0 })),
    ...candidate.toolCalls.map(({ id, name, input, rawInput }, index) => ({
      part: {
        functionCall: { ...(id === undefined ? {} : { id }), name, args: input },
        ...(index === 0 ? signature : {}),
      },
      tokens: 1 + words(rawInput).length,
      thoughts: 0,
    })),
  ]
  const last: Piece = (candidate.toolCalls.length > 0 && made.pop()) || {
    part: { text: '', ...signature },
    tokens: 0,
    thoughts: 0,
  }
  return [...made, { ...last, finish: candidate.rawFinishReason ?? FINISH[candidate.finishReason] }]
}

/** Every part carries the counts so far; the last one carries those of the whole answer. */
function* parts(spoken: Spoken): Generator<JsonObject> {
  const all = [...interleave(spoken.candidates.map((candidate) => pieces(candidate, spoken.model)))]
  let tokens = 0
  let thoughts = 0
  for (const [at, [index, piece]] of all.entries()) {
    tokens += piece.tokens
    thoughts += piece.thoughts
    const finish = piece.finish === undefined ? {} : { finishReason: piece.finish }
    yield response(
      spoken,
      [{ content: { parts: [piece.part], role: 'model' }, ...finish, index }],
      at === all.length - 1 ? usage(spoken) : counts(spoken, tokens, thoughts),
    )
  }
}

function whole(spoken: Spoken): JsonObject {
  return response(
    spoken,
    spoken.candidates.map((candidate, index) => {
      const said = pieces(candidate, spoken.model)
      const content = { parts: merged(said.map(({ part }) => part)), role: 'model' }
      return { content, finishReason: said.at(-1)?.finish, index }
    }),
    usage(spoken),
  )
}

/** A plain answer has one part where a stream has many of the same kind. */
function merged(parts: readonly JsonObject[]): readonly JsonObject[] {
  const made: JsonObject[] = []
  for (const part of parts) {
    const last = made.at(-1)
    const same = last && last['thought'] === part['thought'] && 'text' in last && 'text' in part
    if (same) made[made.length - 1] = { ...last, ...part, text: string(last['text']) + string(part['text']) }
    else made.push(part)
  }
  return made
}

function response(spoken: Spoken, candidates: readonly JsonObject[], usageMetadata: JsonObject): JsonObject {
  return { candidates, usageMetadata, modelVersion: spoken.model, responseId: `braid-${serial(spoken.number)}` }
}

function usage(spoken: Spoken): JsonObject {
  const { output, reasoning } = spoken.usage
  return counts(spoken, output - reasoning, reasoning)
}

function counts({ usage: { input, cached } }: Spoken, tokens: number, thoughts: number): JsonObject {
  return {
    promptTokenCount: input,
    ...(tokens === 0 ? {} : { candidatesTokenCount: tokens }),
    totalTokenCount: input + tokens + thoughts,
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
  }
}

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
const ERRORS: Readonly<Record<number, { status: string; message: string }>> = {
  400: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  401: { status: 'UNAUTHENTICATED', message: 'Request had invalid authentication credentials.' },
  403: { status: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
  404: { status: 'NOT_FOUND', message: 'The model is not found for this API version.' },
  429: { status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota.' },
  499: { status: 'CANCELLED', message: 'The operation was cancelled.' },
  503: { status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  504: { status: 'DEADLINE_EXCEEDED', message: 'The request timed out. Please try again.' },
}

function errorBody(problem: Problem): JsonObject {
  const usual = ERRORS[problem.status] ?? { status: 'INTERNAL', message: 'An internal error has occurred.' }
  const { retryAfter } = problem
  return {
    error: {
      code: problem.status,
      message: problem.message ?? usual.message,
      status: problem.type ?? usual.status,
      // Google says in the body, too, when to come back.
      ...(typeof retryAfter === 'number'
        ? { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` }] }
        : {}),
    },
  }
}
