import type { ToolChoice } from '@braid/core'
import { type JsonObject, list, object, string } from './json.ts'
import type { Issued } from './issued.ts'
import type { Asked, ReadContext, RequestMessage, RequestTool, RequestToolResult } from './wire.ts'

/** Vertex AI has publishers, below a project or without one. */
export const GEMINI_PATH =
  /^(?:\/v1(?:beta1?|alpha)?)?(?:\/projects\/[^/]+\/locations\/[^/]+)?(?:\/publishers\/google)?\/models\/(.+):(streamGenerateContent|generateContent)$/

/** Calls that another model made have this instead of a signature: https://ai.google.dev/gemini-api/docs/thought-signatures */
const UNSIGNED: ReadonlySet<string> = new Set([
  'skip_thought_signature_validator',
  'context_engineering_is_the_way_to_go',
])

/** Whether the model signs its calls, and wants the signatures back. */
export function signsCalls(model: string): boolean {
  return Number(/gemini-(\d+)/.exec(model)?.[1] ?? 0) >= 3
}

/** What content is asked for, checked as Gemini checks it. */
export function readGemini(body: JsonObject, { url, issued }: ReadContext): Asked {
  const [, encoded = '', method] = GEMINI_PATH.exec(url.pathname) ?? []
  const model = decodeURIComponent(encoded)
  const contents = list(body['contents'])
  const turns = contents.map(({ role, parts }): RequestMessage => {
    const isToolResult = list(parts).some((part) => part['functionResponse'] !== undefined)
    return { role: role === 'model' ? 'assistant' : isToolResult ? 'tool' : 'user', text: textOf(parts) }
  })
  const system = textOf(object(body['systemInstruction'] ?? body['system_instruction'])['parts'])
  const config = object(body['generationConfig'])
  const schema = config['responseJsonSchema'] ?? config['responseSchema']
  const declarations = declarationsOf(body)
  const [problem] = problems(body, contents, model, issued)
  return {
    model,
    messages: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    tools: declarations.map(
      (each): RequestTool => ({
        name: string(each['name']),
        description: string(each['description']),
        schema: object(each['parametersJsonSchema'] ?? each['parameters']),
      }),
    ),
    toolChoice: choiceOf(object(object(body['toolConfig'])['functionCallingConfig'])),
    schema: schema === undefined ? undefined : object(schema),
    toolResults: contents
      .flatMap((content) => responsesOf(content))
      .map(({ name, response, id }): RequestToolResult => {
        const { output, error } = object(response)
        const said = error ?? output ?? response
        return {
          toolCallId: string(id),
          toolName: string(name),
          output: typeof said === 'string' ? said : JSON.stringify(said),
          failed: error !== undefined,
        }
      }),
    framing: method === 'generateContent' ? 'plain' : url.searchParams.get('alt') === 'sse' ? 'sse' : 'array',
    candidates: typeof config['candidateCount'] === 'number' ? config['candidateCount'] : 1,
    ...(problem === undefined ? {} : { problem }),
  }
}

function textOf(parts: unknown): string {
  return list(parts)
    .map((part) => string(part['text']))
    .join('')
}

function choiceOf({ mode, allowedFunctionNames }: JsonObject): ToolChoice | undefined {
  const names: readonly unknown[] = Array.isArray(allowedFunctionNames) ? allowedFunctionNames : []
  if (mode === 'AUTO') return 'auto'
  if (mode === 'NONE') return 'none'
  if (mode !== 'ANY') return undefined
  return names.length === 1 ? { toolName: String(names[0]) } : 'required'
}

function declarationsOf(body: JsonObject): readonly JsonObject[] {
  return list(body['tools']).flatMap((tool) => list(tool['functionDeclarations']))
}

function callsOf({ parts }: JsonObject): readonly JsonObject[] {
  return list(parts).filter((part) => part['functionCall'] !== undefined)
}

function responsesOf({ parts }: JsonObject): readonly JsonObject[] {
  return list(parts).flatMap((part) =>
    part['functionResponse'] === undefined ? [] : [object(part['functionResponse'])],
  )
}

function* problems(
  body: JsonObject,
  contents: readonly JsonObject[],
  model: string,
  issued: Issued,
): Generator<string> {
  if (contents.length === 0) yield '* GenerateContentRequest.contents: contents is not specified\n'
  for (const [at, { role, parts }] of contents.entries()) {
    if (role !== undefined && role !== 'user' && role !== 'model' && role !== 'function')
      yield 'Please use a valid role: user, model.'
    if (list(parts).length === 0)
      yield `* GenerateContentRequest.contents[${at}].parts: contents.parts must not be empty.\n`
  }
  yield* toolProblems(body, model)
  yield* orderProblems(contents)
  yield* signatureProblems(contents, model, issued)
}

function* orderProblems(contents: readonly JsonObject[]): Generator<string> {
  for (const [at, content] of contents.entries()) {
    const calls = callsOf(content)
    const responses = responsesOf(content)
    const before = contents[at - 1]
    if (calls.length > 0) {
      if (content['role'] !== 'model') yield 'Please use a valid role: user, model.'
      if (before === undefined || before['role'] === 'model')
        yield 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
      const next = contents[at + 1]
      if (next !== undefined && responsesOf(next).length !== calls.length)
        yield 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
    }
    if (responses.length === 0) continue
    const asked =
      before === undefined ? [] : callsOf(before).map((part) => string(object(part['functionCall'])['name']))
    if (asked.length === 0)
      yield 'Please ensure that function response turn comes immediately after a function call turn.'
    if (asked.length !== responses.length)
      yield 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
    const ids = new Set(before === undefined ? [] : callsOf(before).map((part) => object(part['functionCall'])['id']))
    for (const { id, name, response } of responses) {
      if (id !== undefined && !ids.has(id)) yield `Function response id '${string(id)}' does not match a function call.`
      if (!asked.includes(string(name)))
        yield `Function response name '${string(name)}' does not match a function call.`
      if (typeof response !== 'object' || response === null || Array.isArray(response))
        yield "Invalid value at 'contents.parts.function_response.response': expected an object."
    }
  }
}

function* signatureProblems(contents: readonly JsonObject[], model: string, issued: Issued): Generator<string> {
  // What came before the user's last words is not looked at.
  const turn = contents.findLastIndex(
    ({ role, parts }) => role !== 'model' && list(parts).some((part) => part['text'] !== undefined),
  )
  for (const [at, content] of contents.entries()) {
    for (const part of list(content['parts'])) {
      const { thoughtSignature } = part
      if (thoughtSignature === undefined || UNSIGNED.has(string(thoughtSignature))) continue
      if (!issued.has(string(thoughtSignature))) yield 'Corrupted thought signature.'
    }
    const [first] = callsOf(content)
    if (!signsCalls(model) || at <= turn || first === undefined || first['thoughtSignature'] !== undefined) continue
    yield `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${string(object(first['functionCall'])['name'])}\` , position ${at + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`
  }
}

function* toolProblems(body: JsonObject, model: string): Generator<string> {
  const config = object(body['generationConfig'])
  const hasSchema = config['responseJsonSchema'] !== undefined || config['responseSchema'] !== undefined
  const declarations = declarationsOf(body)
  if (hasSchema && config['responseMimeType'] === undefined)
    yield "When response schema is set, response mime type has to be 'application/json'."
  if (config['responseMimeType'] === 'application/json' && declarations.length > 0 && !signsCalls(model))
    yield "Function calling with a response mime type: 'application/json' is unsupported"
  for (const [at, each] of declarations.entries()) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(string(each['name'])))
      yield `* GenerateContentRequest.tools[0].function_declarations[${at}].name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n`
    const schema = object(each['parametersJsonSchema'] ?? each['parameters'])
    if (Object.keys(schema).length > 0 && Object.keys(object(schema['properties'])).length === 0)
      yield `* GenerateContentRequest.tools[0].function_declarations[${at}].parameters.properties: should be non-empty for OBJECT type\n`
  }
  if (declarations.length !== new Set(declarations.map(({ name }) => name)).size)
    yield `Duplicate function declaration found: ${declarations.map(({ name }) => string(name)).find((name, at, all) => all.indexOf(name) < at)}`
}
