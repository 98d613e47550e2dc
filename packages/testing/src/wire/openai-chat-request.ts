import type { ToolChoice } from '@braid/core'
import { type JsonObject, list, object, string } from './json.ts'
import { strictProblem } from './strict-schema.ts'
import type { Asked, ReadContext, RequestMessage, RequestTool, RequestToolResult } from './wire.ts'

const ROLES: Readonly<Record<string, RequestMessage['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
}

/** What a chat completion is asked for, checked as OpenAI checks it. The address of an Azure deployment names its model. */
export function readOpenaiChat(sent: JsonObject, { url }: Pick<ReadContext, 'url'>): Asked {
  const [, deployment] = /\/deployments\/([^/]+)\//.exec(url.pathname) ?? []
  const body = deployment === undefined ? sent : { model: decodeURIComponent(deployment), ...sent }
  const raw = list(body['messages'])
  const tools = list(body['tools']).map(({ function: definition }): RequestTool => {
    const { name, description, parameters } = object(definition)
    return { name: string(name), description: string(description), schema: object(parameters) }
  })
  const names = new Map<string, string>()
  for (const call of raw.flatMap(callsOf)) names.set(string(call['id']), string(object(call['function'])['name']))
  const format = object(body['response_format'])
  const [problem] = problems(body, raw, tools)
  return {
    model: string(body['model']),
    messages: raw.map(({ role, content }) => ({ role: ROLES[string(role)] ?? 'user', text: textOf(content) })),
    tools,
    toolChoice: choiceOf(body['tool_choice']),
    schema: format['type'] === 'json_schema' ? object(object(format['json_schema'])['schema']) : undefined,
    toolResults: raw
      .filter(({ role }) => role === 'tool')
      .map(({ content, tool_call_id }): RequestToolResult => {
        const toolCallId = string(tool_call_id)
        return { toolCallId, toolName: names.get(toolCallId) ?? '', output: textOf(content), failed: false }
      }),
    framing: body['stream'] === true ? 'sse' : 'plain',
    candidates: typeof body['n'] === 'number' ? body['n'] : 1,
    ...(problem === undefined ? {} : { problem }),
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => string(part['text']))
    .join('')
}

export function choiceOf(choice: unknown): ToolChoice | undefined {
  if (choice === 'auto' || choice === 'none') return choice
  // Mistral's word is `any`.
  if (choice === 'required' || choice === 'any') return 'required'
  const { name, function: named } = object(choice)
  const toolName = string(name) || string(object(named)['name'])
  return toolName === '' ? undefined : { toolName }
}

function callsOf(message: JsonObject): readonly JsonObject[] {
  return message['role'] === 'assistant' ? list(message['tool_calls']) : []
}

function* problems(
  body: JsonObject,
  messages: readonly JsonObject[],
  tools: readonly RequestTool[],
): Generator<string> {
  if (string(body['model']) === '') yield 'you must provide a model parameter'
  if (messages.length === 0) yield "Missing required parameter: 'messages'."
  yield* conversationProblems(messages)
  yield* toolProblems(body, tools)
  yield* formatProblems(object(body['response_format']), messages)
}

function* conversationProblems(messages: readonly JsonObject[]): Generator<string> {
  /** Ids of the calls before, which wait for their results; whether such results may come now. */
  let open: string[] | undefined
  for (const [at, message] of messages.entries()) {
    const role = string(message['role'])
    if (!Object.hasOwn(ROLES, role))
      yield `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`
    const { content } = message
    if (role === 'tool') {
      const id = string(message['tool_call_id'])
      if (open === undefined)
        yield "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
      else if (!open.includes(id))
        yield `Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`
      else open = open.filter((each) => each !== id)
      if (typeof content !== 'string' && !Array.isArray(content))
        yield `Invalid value for 'content': expected a string, got null.`
      continue
    }
    yield* unanswered(open)
    open = undefined
    const calls = callsOf(message)
    if (message['tool_calls'] !== undefined && calls.length === 0)
      yield `Invalid 'messages[${at}].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`
    if (content === undefined || (content === null && calls.length === 0))
      yield `Invalid value for 'content': expected a string, got null.`
    for (const [index, call] of calls.entries()) yield* callProblems(call, `messages[${at}].tool_calls[${index}]`)
    if (calls.length > 0) open = calls.map(({ id }) => string(id))
  }
  yield* unanswered(open)
}

function* unanswered(open: readonly string[] | undefined): Generator<string> {
  if (open !== undefined && open.length > 0)
    yield `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`
}

const NAME = /^[a-zA-Z0-9_-]+$/
/** https://platform.openai.com/docs/api-reference/chat/create: what an id and a name may be long. */
const ID_LENGTH = 40
const NAME_LENGTH = 64

function* callProblems(call: JsonObject, place: string): Generator<string> {
  const id = string(call['id'])
  if (id === '') yield `Missing required parameter: '${place}.id'.`
  if (id.length > ID_LENGTH)
    yield `Invalid '${place}.id': string too long. Expected a string with maximum length ${ID_LENGTH}, but got a string with length ${id.length} instead.`
  const { name, arguments: input } = object(call['function'])
  yield* nameProblems(name, `${place}.function.name`)
  if (typeof input !== 'string')
    yield `Invalid type for '${place}.function.arguments': expected a string, but got an object instead.`
}

function* nameProblems(name: unknown, place: string): Generator<string> {
  if (string(name) === '') yield `Missing required parameter: '${place}'.`
  else if (!NAME.test(string(name)))
    yield `Invalid '${place}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`
  else if (string(name).length > NAME_LENGTH)
    yield `Invalid '${place}': string too long. Expected a string with maximum length ${NAME_LENGTH}, but got a string with length ${string(name).length} instead.`
}

function* toolProblems(body: JsonObject, tools: readonly RequestTool[]): Generator<string> {
  const choice = body['tool_choice']
  if (body['tools'] === undefined) {
    if (choice !== undefined)
      yield "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
    return
  }
  if (tools.length === 0)
    yield "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
  for (const [at, tool] of list(body['tools']).entries()) {
    const definition = object(tool['function'])
    yield* nameProblems(definition['name'], `tools[${at}].function.name`)
    yield* functionProblems(string(definition['name']), object(definition['parameters']), definition['strict'] === true)
  }
  yield* choiceProblems(choice, tools)
}

export function* functionProblems(name: string, parameters: JsonObject, strict: boolean): Generator<string> {
  const problem = strict || parameters['type'] !== 'object' ? strictProblem(parameters) : undefined
  // A function without parameters may leave them out.
  if (problem !== undefined && Object.keys(parameters).length > 0)
    yield `Invalid schema for function '${name}': ${problem}`
}

export function* choiceProblems(choice: unknown, tools: readonly RequestTool[]): Generator<string> {
  if (choice === undefined) return
  const said = choiceOf(choice)
  if (said === undefined) yield "Invalid value for 'tool_choice'."
  else if (typeof said === 'object' && !tools.some(({ name }) => name === said.toolName))
    yield `Tool choice '${said.toolName}' not found in 'tools' parameter.`
}

function* formatProblems(format: JsonObject, messages: readonly JsonObject[]): Generator<string> {
  if (format['type'] === 'json_object' && !messages.some(({ content }) => /json/i.test(textOf(content))))
    yield "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
  if (format['type'] === 'json_schema')
    yield* schemaProblems(object(format['json_schema']), 'response_format.json_schema')
}

export function* schemaProblems({ name, schema, strict }: JsonObject, place: string): Generator<string> {
  yield* nameProblems(name, `${place}.name`)
  if (schema === undefined) {
    yield `Missing required parameter: '${place}.schema'.`
    return
  }
  const said = object(schema)
  const problem = strict === true || said['type'] !== 'object' ? strictProblem(said) : undefined
  if (problem !== undefined) yield `Invalid schema for response_format '${string(name)}': ${problem}`
}
