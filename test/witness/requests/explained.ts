import type { Api } from './conversation.ts'
import { type Difference, differencesOf } from './difference.ts'

/** A difference that is meant, and why. `holds` says what the two must look like for the reason to be good. */
export interface Explained {
  readonly apis: readonly Api[]
  readonly path: RegExp
  /** Default: all. */
  readonly conversations?: RegExp
  readonly holds: (difference: Difference) => boolean
  readonly why: string
}

const OPENAI = ['openai-chat', 'openai-responses'] as const
const same = (one: unknown, other: unknown): boolean => differencesOf(one, other).length === 0
const only = (value: unknown) => (difference: Difference) =>
  difference.braid === undefined && same(difference.other, value)
const instead =
  (braid: unknown, other: unknown): Explained['holds'] =>
  (difference) =>
    same(difference.braid, braid) && same(difference.other, other)

/** What one side has under another name: the other half of a pair of differences. */
const moved: Explained['holds'] = ({ braid, other }) => (braid === undefined) !== (other === undefined)

export const EXPLAINED: readonly Explained[] = [
  {
    apis: OPENAI,
    path: /^(?:messages|input)\.\d+\.content\.\d+\.(?:file\.)?filename$/,
    holds: ({ braid, other }) => /^file-\d\.pdf$/.test(String(braid)) && /^part-\d\.pdf$/.test(String(other)),
    why: 'a file without a name gets one made up; which one is nobody’s matter: https://platform.openai.com/docs/guides/pdf-files',
  },
  {
    apis: ['openai-chat', 'openai-responses', 'anthropic-messages', 'bedrock-converse', 'cohere-v2'],
    path: /^refused$/,
    conversations: /^(?:pdf-web|pdf|audio|image-web|image-and-pdf)$/,
    holds: ({ braid, other }) => typeof braid === 'string' && typeof other === 'string',
    why: 'both refuse a file that the API does not take, before anything is sent; each in its words',
  },
  {
    apis: OPENAI,
    path: /^tools\.\d+\.(?:function\.)?strict$/,
    holds: ({ braid, other }) => typeof braid === 'boolean' && other === undefined,
    why: 'a tool whose schema can be held to is held to it, which OpenAI recommends; Responses takes a tool without the field for strict: https://platform.openai.com/docs/guides/function-calling#strict-mode',
  },
  {
    apis: ['openai-chat', 'openai-responses', 'cohere-v2', 'mistral'],
    path: /^(?:messages|input)\.\d+\.(?:content|output)$/,
    conversations: /^result-failed$/,
    holds: instead('Error: the sensor is broken', 'the sensor is broken'),
    why: 'these APIs have no mark for a result that failed, so the text says it: https://platform.openai.com/docs/api-reference/chat/create',
  },
  {
    apis: ['openai-chat'],
    path: /^max_(?:completion_)?tokens$/,
    holds: moved,
    why: '`max_tokens` is deprecated in favour of `max_completion_tokens`: https://platform.openai.com/docs/api-reference/chat/create#chat-create-max_tokens',
  },
  {
    apis: ['openai-responses'],
    path: /^input\.\d+\.content$/,
    holds: ({ braid, other }) =>
      typeof braid === 'string' &&
      (same(other, [{ type: 'input_text', text: braid }]) || same(other, [{ type: 'output_text', text: braid }])),
    why: 'a text alone may stand for a list of one part, of the user and of the assistant: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input',
  },
  {
    apis: ['openai-responses'],
    path: /^input\.\d+\.id$/,
    conversations: /^reasoning-/,
    holds: only('rs_1'),
    why: 'an item that is not kept there has no id to be looked up by; what it thought is in `encrypted_content`: https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items',
  },
  {
    apis: ['anthropic-messages'],
    path: /^max_tokens$/,
    holds: ({ braid, other }) => braid === 4_096 && typeof other === 'number' && other > 4_096,
    why: 'the field is required, and nobody said how much: 4,096 in Braid, all that the model can there. Long limits want streams, and are reserved from the rate limit: https://docs.anthropic.com/en/api/messages#body-max-tokens',
  },
  {
    apis: ['anthropic-messages'],
    path: /^tools\.\d+\.eager_input_streaming$/,
    holds: only(true),
    why: 'arguments that stream before they are checked may not be JSON; off by default: https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming',
  },
  {
    apis: ['gemini'],
    path: /^generationConfig$/,
    holds: only({}),
    why: 'an empty object says what none says: https://ai.google.dev/api/generate-content#request-body',
  },
  {
    apis: ['gemini'],
    path: /^contents$/,
    conversations: /^text-two-/,
    holds: ({ braid, other }) => same(partsOf(braid), partsOf(other)),
    why: 'what one side says in two messages is one turn of two parts: contents alternate in every example of https://ai.google.dev/api/generate-content',
  },
  {
    apis: ['gemini', 'bedrock-converse', 'anthropic-messages'],
    path: /^(?:refused|contents|messages|systemInstruction|system|generationConfig|inferenceConfig|max_tokens|model|stream|additionalModelResponseFieldPaths)$/,
    conversations: /^text-late-system$/,
    holds: moved,
    why: 'the other side refuses system text that comes later; these APIs have one place for all of it, before the conversation, and there Braid puts it',
  },
  {
    apis: ['gemini'],
    path: /^tools\.\d+\.functionDeclarations\.\d+\.(?:parameters|parametersJsonSchema)$/,
    holds: moved,
    why: '`parametersJsonSchema` takes JSON Schema as it is, `parameters` a subset of OpenAPI’s: https://ai.google.dev/api/caching#FunctionDeclaration',
  },
  {
    apis: ['gemini'],
    path: /^generationConfig\.response(?:Json)?Schema$/,
    holds: moved,
    why: 'the same of answers: https://ai.google.dev/api/generate-content#FIELDS.response_json_schema',
  },
  {
    apis: ['gemini'],
    path: /^contents\.\d+\.parts\.\d+\.functionResponse\.response\.(?:output|error|name|content)$/,
    holds: moved,
    why: '`output` is what Google’s own documentation names for what a function gave, and `error` for why it failed: https://ai.google.dev/api/caching#FunctionResponse',
  },
  {
    apis: ['gemini'],
    path: /^generationConfig\.(?:logprobs|responseLogprobs)$/,
    conversations: /^logprobs$/,
    holds: ({ other }) => other === undefined,
    why: 'the other side has no such option: https://ai.google.dev/api/generate-content#FIELDS.response_logprobs',
  },
  {
    apis: ['gemini', 'cohere-v2'],
    path: /^(?:systemInstruction|messages|response_format|generationConfig)$/,
    conversations: /^output-and-tools$/,
    holds: ({ path, braid, other }) =>
      path === 'messages'
        ? JSON.stringify(braid).includes('JSON Schema')
        : (braid === undefined) !== (other === undefined),
    why: 'a schema together with tools is refused by these models, so the prompt has it: https://ai.google.dev/gemini-api/docs/structured-output, https://docs.cohere.com/v2/docs/structured-outputs',
  },
  {
    apis: ['bedrock-converse'],
    path: /^system$/,
    holds: only([]),
    why: 'an empty list says what none says: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  },
  {
    apis: ['bedrock-converse'],
    path: /^additionalModelResponseFieldPaths$/,
    holds: only(['/delta/stop_sequence']),
    why: 'which stop sequence it was is asked for of every model, where only Claude has it; `providerOptions` asks for it in Braid',
  },
  {
    apis: ['bedrock-converse'],
    path: /^messages$/,
    conversations: /^result-without-tools$/,
    holds: ({ braid, other }) =>
      JSON.stringify(braid).includes('weather gave: sunny') && !JSON.stringify(other).includes('sunny'),
    why: 'without tools Bedrock refuses calls in a history: there they are dropped, here they are told as text, so that what was found out is known',
  },
  {
    apis: ['bedrock-converse'],
    path: /^toolConfig\.tools$/,
    conversations: /^choice-one$/,
    holds: ({ braid, other }) => Array.isArray(braid) && Array.isArray(other) && same(braid.slice(1), other),
    why: 'a tool is chosen by `toolChoice.tool`, and the others may stay, as prompt caching wants: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_SpecificToolChoice.html',
  },
  {
    apis: ['bedrock-converse'],
    path: /\.toolResult\.status$/,
    conversations: /^result-failed$/,
    holds: instead('error', undefined),
    why: 'Claude and Nova have a mark for a result that failed: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html',
  },
  {
    apis: ['bedrock-converse'],
    path: /^(?:outputConfig|additionalModelRequestFields)$/,
    conversations: /^output/,
    holds: moved,
    why: 'Converse has a field of its own for structured output, for every vendor: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html',
  },
  {
    apis: ['bedrock-converse'],
    path: /^(?:additionalModelRequestFields|inferenceConfig(?:\.topK)?)$/,
    conversations: /^(?:top-k|everything)$/,
    holds: moved,
    why: 'there is no `topK` in InferenceConfiguration; Claude’s is an additional field: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html',
  },
  {
    apis: ['cohere-v2'],
    path: /^messages\.\d+\.tool_plan$/,
    holds: instead('I look.', undefined),
    why: 'what was said before calls goes back as the plan that it was; there it is dropped: https://docs.cohere.com/v2/docs/tool-use-overview',
  },
  {
    apis: ['mistral'],
    path: /^messages\.\d+\.content$/,
    holds: ({ braid, other }) =>
      (typeof braid === 'string' && same(other, [{ type: 'text', text: braid }])) || (braid === null && other === ''),
    why: 'a text alone may stand for a list of one part, and no text beside calls is null: https://docs.mistral.ai/api',
  },
  {
    apis: ['mistral'],
    path: /^(?:refused|model|messages|stream)$/,
    conversations: /^audio$/,
    holds: moved,
    why: 'Voxtral hears: https://docs.mistral.ai/capabilities/audio',
  },
  {
    apis: ['mistral'],
    path: /^tool_choice$/,
    holds: ({ braid, other }) =>
      other === 'any' && (braid === 'required' || same(braid, { type: 'function', function: { name: 'add' } })),
    why: '`required` is `any` by its other name, and a tool can be chosen by its own: https://docs.mistral.ai/api/endpoint/chat',
  },
  {
    apis: ['mistral'],
    path: /^tools$/,
    conversations: /^choice-one$/,
    holds: ({ braid, other }) => Array.isArray(braid) && Array.isArray(other) && same(braid.slice(1), other),
    why: 'so the others may stay',
  },
  {
    apis: ['mistral'],
    path: /^messages\.\d+\.tool_call(?:s\.\d+\.id|_id)$/,
    holds: ({ braid, other }) => /^[a-zA-Z0-9]{9}$/.test(String(braid)) && /^c\d$/.test(String(other)),
    why: 'an id that is not nine letters or digits is refused with a 400, so one is made of it: "Tool call id has to be defined by 9 characters"',
  },
  {
    apis: ['mistral'],
    path: /^messages\.\d+\.name$/,
    holds: ({ braid, other }) => braid === undefined && typeof other === 'string',
    why: 'the name of a tool is optional beside the id of its call: https://docs.mistral.ai/capabilities/function_calling',
  },
  {
    apis: ['mistral'],
    path: /^response_format\.json_schema\.strict$/,
    holds: instead(true, false),
    why: 'a schema that can be held to is held to: https://docs.mistral.ai/capabilities/structured-output/custom_structured_output',
  },
]

function partsOf(contents: unknown): unknown {
  return (contents as readonly { role: string; parts: readonly unknown[] }[]).flatMap(({ role, parts }) =>
    parts.map((part) => ({ role, part })),
  )
}
