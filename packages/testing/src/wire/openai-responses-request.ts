import { type JsonObject, list, object, string } from './json.ts'
import type { Issued } from './issued.ts'
import { choiceOf, choiceProblems, functionProblems, schemaProblems } from './openai-chat-request.ts'
import type { Asked, ReadContext, RequestMessage, RequestTool, RequestToolResult } from './wire.ts'

const ROLES: Readonly<Record<string, RequestMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
}

/** What a response is asked for, checked as OpenAI checks it. */
export function readOpenaiResponses(body: JsonObject, { issued }: ReadContext): Asked {
  const items = itemsOf(body['input'])
  const tools = list(body['tools']).map(
    (tool): RequestTool => ({
      name: string(tool['name']),
      description: string(tool['description']),
      schema: object(tool['parameters']),
    }),
  )
  const names = new Map<string, string>()
  for (const { type, call_id, name } of items) if (type === 'function_call') names.set(string(call_id), string(name))
  const instructions = string(body['instructions'])
  const { format } = object(body['text'])
  const [problem] = problems(body, items, tools, issued)
  return {
    model: string(body['model']),
    messages: [
      ...(instructions === '' ? [] : [{ role: 'system', text: instructions } as const]),
      ...items.flatMap(messageOf),
    ],
    tools,
    toolChoice: choiceOf(body['tool_choice']),
    schema: object(format)['type'] === 'json_schema' ? object(object(format)['schema']) : undefined,
    toolResults: items
      .filter(({ type }) => type === 'function_call_output')
      .map(({ call_id, output }): RequestToolResult => {
        const toolCallId = string(call_id)
        return { toolCallId, toolName: names.get(toolCallId) ?? '', output: textOf(output), failed: false }
      }),
    framing: body['stream'] === true ? 'sse' : 'plain',
    candidates: 1,
    ...(problem === undefined ? {} : { problem }),
  }
}

/** A text is one message of the user. */
function itemsOf(input: unknown): readonly JsonObject[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : list(input)
}

function messageOf({ type, role, content, output }: JsonObject): readonly RequestMessage[] {
  if (type === 'function_call_output') return [{ role: 'tool', text: textOf(output) }]
  const known = ROLES[string(role)]
  return known === undefined ? [] : [{ role: known, text: textOf(content) }]
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => string(part['text']))
    .join('')
}

function* problems(
  body: JsonObject,
  items: readonly JsonObject[],
  tools: readonly RequestTool[],
  issued: Issued,
): Generator<string> {
  if (string(body['model']) === '') yield "Missing required parameter: 'model'."
  if (items.length === 0) yield "Missing required parameter: 'input'."
  yield* itemProblems(items, issued)
  for (const [at, tool] of list(body['tools']).entries()) {
    if (tool['type'] !== 'function') continue
    const name = string(tool['name'])
    if (name === '') yield `Missing required parameter: 'tools[${at}].name'.`
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      yield `Invalid 'tools[${at}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`
    // Here a function is strict unless it says that it is not.
    yield* functionProblems(name, object(tool['parameters']), tool['strict'] !== false)
  }
  const choice = body['tool_choice']
  if (tools.length === 0 && typeof choice === 'object')
    yield `Tool choice '${string(object(choice)['name'])}' not found in 'tools' parameter.`
  else yield* choiceProblems(choice, tools)
  const format = object(object(body['text'])['format'])
  if (format['type'] === 'json_schema') yield* schemaProblems(format, 'text.format')
}

function* itemProblems(items: readonly JsonObject[], issued: Issued): Generator<string> {
  const calls = new Set<string>()
  const answered = new Set<string>()
  for (const [at, item] of items.entries()) {
    const { type, role, call_id, encrypted_content } = item
    const id = string(call_id)
    switch (type) {
      case 'function_call':
        if (id === '') yield `Missing required parameter: 'input[${at}].call_id'.`
        if (id.length > 64)
          yield `Invalid 'input[${at}].call_id': string too long. Expected a string with maximum length 64, but got a string with length ${id.length} instead.`
        if (typeof item['arguments'] !== 'string')
          yield `Invalid type for 'input[${at}].arguments': expected a string, but got an object instead.`
        calls.add(id)
        break
      case 'function_call_output':
        if (!calls.has(id)) yield `No tool call found for function call output with call_id ${id}.`
        if (typeof item['output'] !== 'string' && !Array.isArray(item['output']))
          yield `Missing required parameter: 'input[${at}].output'.`
        answered.add(id)
        break
      case 'reasoning':
        if (!Array.isArray(item['summary'])) yield `Missing required parameter: 'input[${at}].summary'.`
        if (typeof encrypted_content === 'string' && !issued.has(encrypted_content))
          yield `The encrypted content ${encrypted_content.slice(0, 4)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`
        break
      case undefined:
      case 'message':
        if (!Object.hasOwn(ROLES, string(role)))
          yield `Invalid value: '${string(role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`
        break
      default:
    }
  }
  for (const id of calls) if (!answered.has(id)) yield `No tool output found for function call ${id}.`
}
