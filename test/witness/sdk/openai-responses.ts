import OpenAI from 'openai'
import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses'
import { type Call, type Choice, countsOf, parsed } from '../hearing.ts'
import type { Witness } from '../witness.ts'

/** The accumulator of `responses.stream`: what it gives at the end is the response of the last event, whole. */
export const openaiResponses: Witness = {
  sdk: 'openai',
  api: 'openai-responses',
  async hear(url) {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${url}/v1`, maxRetries: 0, logLevel: 'off' })
    const stream = client.responses.stream({ model: 'recorded', input: 'Go on.' })
    let text = ''
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta
    })
    try {
      const response = await stream.finalResponse()
      const { usage } = response
      return {
        choices: { 0: choiceOf(response) },
        usage,
        counts: countsOf({
          input: usage?.input_tokens,
          output: usage?.output_tokens,
          total: usage?.total_tokens,
          cached: usage?.input_tokens_details?.cached_tokens,
          reasoning: usage?.output_tokens_details?.reasoning_tokens,
        }),
      }
    } catch (error) {
      return { error, choices: { 0: { text } }, usage: undefined, counts: {} }
    }
  },
}

function choiceOf({ output, status, incomplete_details }: Response): Choice {
  const contents = output.flatMap((item) => (item.type === 'message' ? item.content : []))
  return {
    text: contents.map((content) => (content.type === 'output_text' ? content.text : '')).join(''),
    reasoning: output.map(reasoningOf).join(''),
    refusal: contents.map((content) => (content.type === 'refusal' ? content.refusal : '')).join(''),
    calls: output.flatMap(callOf),
    finishReason: incomplete_details?.reason ?? status ?? null,
  }
}

function reasoningOf(item: ResponseOutputItem): string {
  if (item.type !== 'reasoning') return ''
  return [...item.summary, ...(item.content ?? [])].map(({ text }) => text).join('')
}

/** What is a call under another name than `function_call` is called after its item, as Braid does. */
function callOf(item: ResponseOutputItem): Call[] {
  const made = (id: string | null | undefined, name: string, input: unknown, theirs: boolean): Call[] => [
    { ...(id ? { id } : {}), name, input: JSON.parse(JSON.stringify(input)), theirs },
  ]
  switch (item.type) {
    case 'function_call':
      return made(item.call_id, item.name, parsed(item.arguments), false)
    case 'custom_tool_call':
      return made(item.call_id, item.name, item.input, false)
    case 'mcp_call':
      return made(item.id, item.name, parsed(item.arguments), true)
    case 'web_search_call':
      return made(item.id, 'web_search', item.action, true)
    case 'file_search_call':
      return made(item.id, 'file_search', { queries: item.queries }, true)
    case 'code_interpreter_call':
      return made(item.id, 'code_interpreter', { code: item.code, container_id: item.container_id }, true)
    case 'image_generation_call':
      // Its type lacks the prompt; its objects have it.
      return made(item.id, 'image_generation', { prompt: Reflect.get(item, 'revised_prompt') }, true)
    case 'tool_search_call':
      return made(item.call_id ?? item.id, 'tool_search', item.arguments, item.execution !== 'client')
    case 'shell_call':
      return made(item.call_id, 'shell', item.action, item.environment?.type === 'container_reference')
    case 'local_shell_call':
      return made(item.call_id, 'local_shell', item.action, false)
    case 'apply_patch_call':
      return made(item.call_id, 'apply_patch', item.operation, false)
    default:
      return []
  }
}
