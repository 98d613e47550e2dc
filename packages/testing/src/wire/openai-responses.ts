import { words } from '../words.ts'
import { foreign } from './foreign.ts'
import type { JsonObject } from './json.ts'
import { readOpenaiResponses } from './openai-responses-request.ts'
import { CREATED, type Spoken, type SpokenCandidate, serial, type Wire } from './wire.ts'

/** https://platform.openai.com/docs/api-reference/responses-streaming. This API has one candidate; the first is sent. */
export const openaiResponses: Wire = {
  ...foreign,
  api: 'openai-responses',
  anatomy: {
    text: /"type":"response\.output_text\.delta".*?"delta":\s*"(?=[^"])/,
    closing: /^event: response\.(?:completed|incomplete)/,
  },
  // Azure has it under `/openai/v1`.
  owns: (pathname) => /^(?:\/openai)?(?:\/v1)?\/responses$/.test(pathname),
  read: readOpenaiResponses,
  *frames(spoken, { framing }) {
    if (framing === 'plain') {
      yield JSON.stringify(response(spoken, 'whole'), undefined, 2)
      return
    }
    let sequence_number = 0
    for (const { type, ...event } of events(spoken))
      yield `event: ${String(type)}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...event })}\n\n`
  },
  errorFrame: (problem) =>
    `event: error\ndata: ${JSON.stringify({
      type: 'error',
      code: problem.code ?? problem.type ?? 'server_error',
      message: problem.message ?? 'The server had an error while processing your request.',
      param: null,
    })}\n\n`,
}

type State = 'begun' | 'whole'

function response(spoken: Spoken, state: State): JsonObject {
  const [candidate] = spoken.candidates
  const whole = state === 'whole' && candidate !== undefined
  const why = candidate === undefined ? undefined : INCOMPLETE[candidate.finishReason]
  return {
    id: `resp_${serial(spoken.number)}`,
    object: 'response',
    created_at: CREATED,
    status: whole ? (why === undefined ? 'completed' : 'incomplete') : 'in_progress',
    error: null,
    incomplete_details: whole && why !== undefined ? { reason: candidate.rawFinishReason ?? why } : null,
    model: spoken.model,
    output: whole ? itemsOf(spoken, candidate).map(({ done }) => done) : [],
    parallel_tool_calls: true,
    store: false,
    usage: whole ? usage(spoken) : null,
  }
}

const INCOMPLETE: Readonly<Partial<Record<SpokenCandidate['finishReason'], string>>> = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
}

function usage({ usage: { input, output, reasoning, cached } }: Spoken): JsonObject {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}

interface Item {
  readonly id: string
  readonly added: JsonObject
  readonly done: JsonObject
  /** Between its beginning and its end, without the numbers of the item. */
  readonly events: readonly JsonObject[]
}

function itemsOf(spoken: Spoken, { reasoning, redacted, text, toolCalls }: SpokenCandidate): readonly Item[] {
  const items: Item[] = []
  const id = (prefix: string): string => `${prefix}_${serial(spoken.number)}_${items.length}`
  if (reasoning !== '' || redacted !== '') {
    const item = { id: id('rs'), type: 'reasoning' }
    const sealed = redacted === '' ? {} : { encrypted_content: redacted }
    const part = { type: 'summary_text', text: reasoning }
    items.push({
      id: item.id,
      added: { ...item, summary: [], ...sealed },
      done: { ...item, summary: reasoning === '' ? [] : [part], ...sealed },
      events:
        reasoning === ''
          ? []
          : [
              { type: 'response.reasoning_summary_part.added', summary_index: 0, part: { ...part, text: '' } },
              ...words(reasoning).map((delta) => ({
                type: 'response.reasoning_summary_text.delta',
                summary_index: 0,
                delta,
              })),
              { type: 'response.reasoning_summary_text.done', summary_index: 0, text: reasoning },
              { type: 'response.reasoning_summary_part.done', summary_index: 0, part },
            ],
    })
  }
  if (text !== '' || toolCalls.length === 0) {
    const item = { id: id('msg'), type: 'message', role: 'assistant' }
    const part = { type: 'output_text', annotations: [], logprobs: [], text }
    items.push({
      id: item.id,
      added: { ...item, status: 'in_progress', content: [] },
      done: { ...item, status: 'completed', content: [part] },
      events: [
        { type: 'response.content_part.added', content_index: 0, part: { ...part, text: '' } },
        ...words(text).map((delta) => ({
          type: 'response.output_text.delta',
          content_index: 0,
          delta,
          logprobs: [],
        })),
        { type: 'response.output_text.done', content_index: 0, text, logprobs: [] },
        { type: 'response.content_part.done', content_index: 0, part },
      ],
    })
  }
  for (const [index, call] of toolCalls.entries()) {
    const call_id = call.id ?? `call_${serial(spoken.number)}_0_${index}`
    const item = { id: id('fc'), type: 'function_call', call_id, name: call.name }
    items.push({
      id: item.id,
      added: { ...item, status: 'in_progress', arguments: '' },
      done: { ...item, status: 'completed', arguments: call.rawInput },
      events: [
        ...words(call.rawInput).map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
        { type: 'response.function_call_arguments.done', name: call.name, arguments: call.rawInput },
      ],
    })
  }
  return items
}

function* events(spoken: Spoken): Generator<JsonObject> {
  yield { type: 'response.created', response: response(spoken, 'begun') }
  yield { type: 'response.in_progress', response: response(spoken, 'begun') }
  const [candidate] = spoken.candidates
  for (const [output_index, item] of (candidate ? itemsOf(spoken, candidate) : []).entries()) {
    yield { type: 'response.output_item.added', output_index, item: item.added }
    for (const { type, ...event } of item.events) yield { type, item_id: item.id, output_index, ...event }
    yield { type: 'response.output_item.done', output_index, item: item.done }
  }
  const whole = response(spoken, 'whole')
  yield { type: `response.${String(whole['status'])}`, response: whole }
}
