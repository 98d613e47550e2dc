import type { ToolChoice } from '@braid/core'
import type { Issued } from './issued.ts'
import { type JsonObject, list, object, string } from './json.ts'
import type { Asked, ReadContext, RequestMessage, RequestTool, RequestToolResult } from './wire.ts'

/** The model, which may be an ARN, is a part of the path. */
export const BEDROCK_PATH = /^\/model\/([^/]+)\/converse(-stream)?$/

/** What Converse is asked for, checked as Bedrock checks it. */
export function readBedrockConverse(body: JsonObject, { url, issued }: ReadContext): Asked {
  const [, model = '', streamed] = BEDROCK_PATH.exec(url.pathname) ?? []
  const raw = list(body['messages'])
  const turns = raw.map((message): RequestMessage => {
    const role = message['role'] === 'assistant' ? 'assistant' : resultsOf(message).length > 0 ? 'tool' : 'user'
    return { role, text: textOf(message['content']) }
  })
  const system = textOf(body['system'])
  const names = new Map<string, string>()
  for (const call of raw.flatMap(callsOf)) names.set(string(call['toolUseId']), string(call['name']))
  const { jsonSchema } = object(object(object(body['outputConfig'])['textFormat'])['structure'])
  const [problem] = problems(body, raw, issued)
  return {
    model: decodeURIComponent(model),
    messages: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    tools: toolsOf(body).map(
      (tool): RequestTool => ({
        name: string(tool['name']),
        description: string(tool['description']),
        schema: object(object(tool['inputSchema'])['json']),
      }),
    ),
    toolChoice: choiceOf(object(object(body['toolConfig'])['toolChoice'])),
    schema: jsonSchema === undefined ? undefined : parsed(string(object(jsonSchema)['schema'])),
    toolResults: raw.flatMap(resultsOf).map((result): RequestToolResult => {
      const toolCallId = string(result['toolUseId'])
      const output = list(result['content']).map(({ text, json }) =>
        json === undefined ? string(text) : JSON.stringify(json),
      )
      return {
        toolCallId,
        toolName: names.get(toolCallId) ?? '',
        output: output.join(''),
        failed: result['status'] === 'error',
      }
    }),
    framing: streamed === undefined ? 'plain' : 'aws',
    candidates: 1,
    ...(problem === undefined ? {} : { problem }),
  }
}

function textOf(content: unknown): string {
  return list(content)
    .map(({ text, toolResult }) => string(text) + textOf(object(toolResult)['content']))
    .join('')
}

function parsed(text: string): JsonObject | undefined {
  try {
    return object(JSON.parse(text))
  } catch {
    return undefined
  }
}

function toolsOf(body: JsonObject): readonly JsonObject[] {
  return list(object(body['toolConfig'])['tools']).flatMap(({ toolSpec }) =>
    toolSpec === undefined ? [] : [object(toolSpec)],
  )
}

function choiceOf(choice: JsonObject): ToolChoice | undefined {
  if (choice['auto'] !== undefined) return 'auto'
  if (choice['any'] !== undefined) return 'required'
  return choice['tool'] === undefined ? undefined : { toolName: string(object(choice['tool'])['name']) }
}

function callsOf({ role, content }: JsonObject): readonly JsonObject[] {
  return role === 'assistant'
    ? list(content).flatMap(({ toolUse }) => (toolUse === undefined ? [] : [object(toolUse)]))
    : []
}

function resultsOf({ role, content }: JsonObject): readonly JsonObject[] {
  return role === 'user'
    ? list(content).flatMap(({ toolResult }) => (toolResult === undefined ? [] : [object(toolResult)]))
    : []
}

function* problems(body: JsonObject, messages: readonly JsonObject[], issued: Issued): Generator<string> {
  yield* roleProblems(messages)
  for (const [at, message] of messages.entries()) {
    for (const [index, block] of list(message['content']).entries())
      yield* blockProblems(block, `messages.${at}.content.${index}`, string(message['role']), issued)
  }
  yield* pairProblems(messages)
  yield* toolProblems(body, messages)
  yield* thinkingProblems(body, messages)
}

function* roleProblems(messages: readonly JsonObject[]): Generator<string> {
  if (messages.length === 0 || messages[0]?.['role'] !== 'user')
    yield 'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
  for (const [at, { role, content }] of messages.entries()) {
    if (role !== 'user' && role !== 'assistant')
      yield `1 validation error detected: Value '${string(role)}' at 'messages.${at + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`
    if (at > 0 && role === messages[at - 1]?.['role'])
      yield 'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
    if (list(content).length === 0)
      yield `The content field in the Message object at messages.${at} is empty. Add a ContentBlock object to the content field and try again.`
    const documents = list(content).filter(({ document }) => document !== undefined)
    if (documents.length > 0 && !list(content).some(({ text }) => text !== undefined))
      yield `The content field in the Message object at messages.${at} contains a document without a text block. Add one and try again.`
    const names = documents.map(({ document }) => string(object(document)['name']))
    if (names.some((name) => !/^[a-zA-Z0-9 \-()[\]]{1,200}$/.test(name)) || new Set(names).size !== names.length)
      yield 'The file name contains invalid characters, or is not unique.'
  }
  const last = messages.at(-1)
  const said = list(last?.['content']).findLast(({ text }) => text !== undefined)
  if (last?.['role'] === 'assistant' && /\s$/.test(string(said?.['text'])))
    yield 'The model returned the following errors: messages: final assistant content cannot end with trailing whitespace'
}

function* blockProblems(block: JsonObject, place: string, role: string, issued: Issued): Generator<string> {
  const kinds = Object.keys(block)
  if (kinds.length !== 1)
    yield `The ContentBlock object at ${place} must set one of the following keys: text, image, toolUse, toolResult, document, video, cachePoint, reasoningContent, citationsContent.`
  if (block['text'] !== undefined && string(block['text']).trim() === '')
    yield `The text field in the ContentBlock object at ${place} is blank. Add text to the text field, and try again.`
  for (const [kind, whose] of [
    ['toolUse', 'assistant'],
    ['reasoningContent', 'assistant'],
    ['toolResult', 'user'],
  ] as const) {
    if (block[kind] !== undefined && role !== whose)
      yield `The ${kind} block at ${place} must be in a message of the role ${whose}.`
  }
  const { toolUseId } = object(block['toolUse'] ?? block['toolResult'])
  if (toolUseId !== undefined && !/^[a-zA-Z0-9_.:-]{1,64}$/.test(string(toolUseId)))
    yield `1 validation error detected: Value at '${place}.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`
  if (block['toolUse'] !== undefined && Array.isArray(object(block['toolUse'])['input']))
    yield `The format of the value at ${place}.toolUse.input is invalid. Provide a json object for the field and try again.`
  if (block['toolResult'] !== undefined && list(object(block['toolResult'])['content']).length === 0)
    yield `The content field of the toolResult at ${place} is empty.`
  const { reasoningText, redactedContent } = object(block['reasoningContent'])
  const { text, signature } = object(reasoningText)
  if (reasoningText !== undefined && !issued.holds(string(signature), string(text)))
    yield `The model returned the following errors: ${place}: Invalid \`signature\` in \`thinking\` block`
  if (redactedContent !== undefined && !issued.holds(string(redactedContent), ''))
    yield `The model returned the following errors: ${place}: Invalid \`data\` in \`redacted_thinking\` block`
}

function* pairProblems(messages: readonly JsonObject[]): Generator<string> {
  for (const [at, message] of messages.entries()) {
    const calls = callsOf(message).map(({ toolUseId }) => string(toolUseId))
    const next = messages[at + 1]
    const answered = next === undefined ? [] : resultsOf(next).map(({ toolUseId }) => string(toolUseId))
    const missing = calls.filter((id) => !answered.includes(id))
    if (missing.length > 0)
      yield `Expected toolResult blocks at messages.${at + 1}.content for the following Ids: ${missing.join(', ')}, but found: ${answered.join(', ')}`
    const before = at === 0 ? [] : callsOf(messages[at - 1]!).map(({ toolUseId }) => string(toolUseId))
    const results = resultsOf(message)
    if (results.length > before.length)
      yield `The number of toolResult blocks at messages.${at}.content exceeds the number of toolUse blocks of previous turn.`
    const strange = results.find(({ toolUseId }) => !before.includes(string(toolUseId)))
    if (strange !== undefined)
      yield `The toolUseId ${string(strange['toolUseId'])} at messages.${at}.content is not one of the previous turn.`
  }
}

function* toolProblems(body: JsonObject, messages: readonly JsonObject[]): Generator<string> {
  const tools = toolsOf(body)
  const used = messages.some((message) => callsOf(message).length > 0 || resultsOf(message).length > 0)
  if (used && body['toolConfig'] === undefined)
    yield 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'
  if (body['toolConfig'] !== undefined && tools.length === 0)
    yield "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1"
  const names = new Set<string>()
  for (const [at, tool] of tools.entries()) {
    const name = string(tool['name'])
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      yield `1 validation error detected: Value '${name}' at 'toolConfig.tools.${at + 1}.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`
    if (names.has(name)) yield `The tool name ${name} is not unique.`
    names.add(name)
    if (object(object(tool['inputSchema'])['json'])['type'] !== 'object')
      yield `The value at toolConfig.tools.${at}.toolSpec.inputSchema.json.type must be one of the following: object.`
  }
  const { toolChoice } = object(body['toolConfig'])
  const choice = choiceOf(object(toolChoice))
  if (toolChoice !== undefined && choice === undefined)
    yield 'The toolChoice object must set one of the following keys: auto, any, tool.'
  if (typeof choice === 'object' && !names.has(choice.toolName))
    yield `The tool ${choice.toolName} of toolChoice is not among the tools.`
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
function* thinkingProblems(body: JsonObject, messages: readonly JsonObject[]): Generator<string> {
  if (object(object(body['additionalModelRequestFields'])['thinking'])['type'] !== 'enabled') return
  const choice = choiceOf(object(object(body['toolConfig'])['toolChoice']))
  if (choice === 'required' || typeof choice === 'object')
    yield 'The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use.'
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const [first] = list(messages[at]?.['content'])
  if (at === -1 || callsOf(messages[at]!).length === 0 || first?.['reasoningContent'] !== undefined) return
  yield `The model returned the following errors: messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${Object.keys(first ?? {})[0] === 'toolUse' ? 'tool_use' : 'text'}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`
}
