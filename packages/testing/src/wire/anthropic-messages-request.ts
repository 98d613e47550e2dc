import type { ToolChoice } from '@braid/core'
import type { Issued } from './issued.ts'
import { type JsonObject, list, object, string } from './json.ts'
import type { Asked, ReadContext, RequestMessage, RequestTool, RequestToolResult } from './wire.ts'

/** What a message is asked for, checked as Anthropic checks it, in this order and with these words. */
export function readAnthropicMessages(body: JsonObject, { headers, issued }: ReadContext): Asked {
  const raw = list(body['messages'])
  const turns = raw.map(({ role, content }): RequestMessage => {
    const isToolResult = blocksOf(content).some((block) => block['type'] === 'tool_result')
    return { role: role === 'assistant' ? 'assistant' : isToolResult ? 'tool' : 'user', text: textOf(content) }
  })
  const system = textOf(body['system'])
  const names = new Map<string, string>()
  for (const { id, name } of raw.flatMap(callsOf)) names.set(string(id), string(name))
  const format = object(object(body['output_config'])['format'])
  const [problem] = problems(body, raw, headers, issued)
  return {
    model: string(body['model']),
    messages: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    tools: list(body['tools']).map(
      (tool): RequestTool => ({
        name: string(tool['name']),
        description: string(tool['description']),
        schema: object(tool['input_schema']),
      }),
    ),
    toolChoice: choiceOf(object(body['tool_choice'])),
    schema: format['type'] === 'json_schema' ? object(format['schema']) : undefined,
    toolResults: raw.flatMap(resultsOf).map((block): RequestToolResult => {
      const toolCallId = string(block['tool_use_id'])
      return {
        toolCallId,
        toolName: names.get(toolCallId) ?? '',
        output: textOf(block['content']),
        failed: block['is_error'] === true,
      }
    }),
    framing: body['stream'] === true ? 'sse' : 'plain',
    candidates: 1,
    ...(problem === undefined ? {} : { problem }),
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((block) => (block['type'] === 'tool_result' ? textOf(block['content']) : string(block['text'])))
    .join('')
}

function choiceOf({ type, name }: JsonObject): ToolChoice | undefined {
  if (type === 'auto' || type === 'none') return type
  if (type === 'any') return 'required'
  return type === 'tool' ? { toolName: string(name) } : undefined
}

/** A text is one block of it. */
function blocksOf(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
}

function callsOf({ role, content }: JsonObject): readonly JsonObject[] {
  return role === 'assistant' ? blocksOf(content).filter(({ type }) => type === 'tool_use') : []
}

function resultsOf({ role, content }: JsonObject): readonly JsonObject[] {
  return role === 'user' ? blocksOf(content).filter(({ type }) => type === 'tool_result') : []
}

function* problems(
  body: JsonObject,
  messages: readonly JsonObject[],
  headers: Readonly<Record<string, string>>,
  issued: Issued,
): Generator<string> {
  if (headers['anthropic-version'] === undefined) yield 'anthropic-version: header is required'
  if (string(body['model']) === '') yield 'model: Field required'
  if (messages.length === 0) yield 'messages: at least one message is required'
  if (typeof body['max_tokens'] !== 'number') yield 'max_tokens: Field required'
  yield* toolProblems(body)
  const { format } = object(body['output_config'])
  if (format !== undefined) {
    if (object(format)['type'] !== 'json_schema') yield "output_config.format.type: Input should be 'json_schema'"
    yield* schemaProblems(object(object(format)['schema']), 'output_config.format.schema')
  }
  yield* blockProblems(messages, issued)
  yield* pairProblems(messages)
  yield* thinkingProblems(body, messages)
}

function* blockProblems(messages: readonly JsonObject[], issued: Issued): Generator<string> {
  for (const [at, { role, content }] of messages.entries()) {
    if (role !== 'user' && role !== 'assistant') yield `messages.${at}.role: Input should be 'user' or 'assistant'`
    const blocks = blocksOf(content)
    if (blocks.length === 0 && at < messages.length - 1)
      yield `messages.${at}: all messages must have non-empty content except for the optional final assistant message`
    for (const [index, block] of blocks.entries()) {
      const place = `messages.${at}.content.${index}`
      switch (block['type']) {
        case 'text':
          if (string(block['text']) === '') yield 'messages: text content blocks must be non-empty'
          break
        case 'tool_use':
          if (role !== 'assistant') yield `${place}: \`tool_use\` blocks can only be in \`assistant\` messages`
          if (!/^[a-zA-Z0-9_-]+$/.test(string(block['id'])))
            yield `${place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`
          if (!isObject(block['input'])) yield `${place}.tool_use.input: Input should be a valid dictionary`
          break
        case 'tool_result':
          if (role !== 'user') yield `${place}: \`tool_result\` blocks can only be in \`user\` messages`
          break
        case 'thinking': {
          const { signature, thinking } = block
          if (typeof signature !== 'string') yield `${place}.thinking.signature: Field required`
          else if (!issued.has(signature)) yield `${place}: Invalid \`signature\` in \`thinking\` block`
          else if (!issued.holds(signature, string(thinking)))
            yield `${place}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`
          break
        }
        case 'redacted_thinking':
          if (!issued.has(string(block['data']))) yield `${place}: Invalid \`data\` in \`redacted_thinking\` block`
          break
        default:
      }
    }
  }
  const last = blocksOf(messages.at(-1)?.['content']).at(-1)
  if (messages.at(-1)?.['role'] === 'assistant' && /\s$/.test(string(last?.['text'])))
    yield 'messages: final assistant content cannot end with trailing whitespace'
}

function* pairProblems(messages: readonly JsonObject[]): Generator<string> {
  const all = messages.flatMap(callsOf).map(({ id }) => string(id))
  if (new Set(all).size < all.length) yield 'messages: `tool_use` ids must be unique'
  for (const [at, message] of messages.entries()) {
    const next = messages[at + 1]
    const calls = callsOf(message).map(({ id }) => string(id))
    // Results come first in the message that follows: behind other words they are not found.
    const blocks = next?.['role'] === 'user' ? blocksOf(next['content']) : []
    const first = blocks.findIndex(({ type }) => type !== 'tool_result')
    const answered = new Set(
      blocks.slice(0, first === -1 ? blocks.length : first).map((block) => string(block['tool_use_id'])),
    )
    const missing = calls.filter((id) => !answered.has(id))
    if (missing.length > 0)
      yield `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
    const before = at === 0 ? [] : callsOf(messages[at - 1]!).map(({ id }) => string(id))
    for (const [index, block] of blocksOf(message['content']).entries()) {
      if (message['role'] !== 'user' || block['type'] !== 'tool_result') continue
      if (!before.includes(string(block['tool_use_id'])))
        yield `messages.${at}.content.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${string(block['tool_use_id'])}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
    }
  }
}

/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking#extended-thinking-with-tool-use */
function* thinkingProblems(body: JsonObject, messages: readonly JsonObject[]): Generator<string> {
  if (object(body['thinking'])['type'] !== 'enabled') return
  const { type } = object(body['tool_choice'])
  if (type === 'any' || type === 'tool') yield 'Thinking may not be enabled when tool_choice forces tool use.'
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const [first] = blocksOf(messages[at]?.['content'])
  if (at === -1 || callsOf(messages[at]!).length === 0) return
  if (first?.['type'] !== 'thinking' && first?.['type'] !== 'redacted_thinking')
    yield `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${string(first?.['type'])}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`
}

function* toolProblems(body: JsonObject): Generator<string> {
  const tools = list(body['tools'])
  const names = new Set<string>()
  for (const [at, tool] of tools.entries()) {
    const name = string(tool['name'])
    // Those that Anthropic itself has are of a type of their own.
    if (tool['type'] !== undefined && tool['type'] !== 'custom') continue
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name))
      yield `tools.${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`
    if (names.has(name)) yield 'tools: Tool names must be unique.'
    names.add(name)
    const schema = tool['input_schema']
    if (schema === undefined) yield `tools.${at}.custom.input_schema: Field required`
    else if (object(schema)['type'] !== 'object') yield `tools.${at}.custom.input_schema.type: Input should be 'object'`
    for (const keyword of ['oneOf', 'allOf', 'anyOf']) {
      if (object(schema)[keyword] !== undefined)
        yield `tools.${at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`
    }
  }
  const choice = choiceOf(object(body['tool_choice']))
  if (body['tool_choice'] === undefined) return
  if (tools.length === 0) yield 'tool_choice: tool_choice may only be specified while providing tools'
  else if (choice === undefined) yield "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"
  else if (typeof choice === 'object' && !tools.some(({ name }) => name === choice.toolName))
    yield `tool_choice.name: Tool '${choice.toolName}' not found in provided tools`
}

const LIMITS: Readonly<Record<string, readonly string[]>> = {
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength'],
  array: ['maxItems', 'uniqueItems', 'contains', 'prefixItems'],
  object: ['minProperties', 'maxProperties', 'patternProperties', 'propertyNames'],
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
function* schemaProblems(schema: JsonObject, place: string): Generator<string> {
  const type = string(schema['type'])
  const limits = (LIMITS[type] ?? []).filter((keyword) => schema[keyword] !== undefined)
  if (limits.length > 0) yield `${place}: For '${type}' type, properties ${limits.join(', ')} are not supported`
  if (type === 'object' && schema['additionalProperties'] !== false)
    yield `${place}: For 'object' type, 'additionalProperties' must be explicitly set to false`
  if (schema['oneOf'] !== undefined) yield `${place}: Schema type 'oneOf' is not supported`
  for (const keyword of ['properties', '$defs', 'definitions']) {
    for (const [name, each] of Object.entries(object(schema[keyword])))
      yield* schemaProblems(object(each), `${place}.${keyword}.${name}`)
  }
  if (schema['items'] !== undefined) yield* schemaProblems(object(schema['items']), `${place}.items`)
  for (const keyword of ['anyOf', 'allOf']) {
    for (const [at, each] of list(schema[keyword]).entries()) yield* schemaProblems(each, `${place}.${keyword}.${at}`)
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
