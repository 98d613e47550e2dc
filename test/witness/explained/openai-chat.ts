import type { Explanation } from '../witness.ts'

export const explained: readonly Explanation[] = [
  {
    reason:
      'The done signal is in small letters and padded, as some servers send it. The SDK takes it for a frame and finds no JSON in it.',
    aspects: ['ending'],
    shows: (_, { error }) => /" \[done\]" is not valid JSON/.test(String(error)),
    cases: ['openai-chat--reasoning'],
  },
  {
    reason:
      'The last frame, which has the finish reason, lacks the blank line that should end it. The SDK drops it; Braid reads a frame that is whole JSON all the same.',
    aspects: ['ending'],
    shows: (_, { error }) => /missing finish_reason for choice 0/.test(String(error)),
    cases: ['openai-chat--dialect'],
  },
  {
    reason:
      'Snowflake sends no finish reason, only the done signal. The SDK wants one; for Braid the done signal is an end as well.',
    aspects: ['ending'],
    shows: (_, { error }) => /missing finish_reason for choice 0/.test(String(error)),
    cases: ['snowflake/openai-chat--test-snowflake-thinking-streaming--684fea'],
  },
  {
    reason:
      'The proxy gives the first of two candidates a finish reason and the second none, then the done signal. As before.',
    aspects: ['ending'],
    shows: (braid, { error }) =>
      /missing finish_reason for choice 1/.test(String(error)) && braid.choices[1]?.finishReason === null,
    cases: ['openai-compatible/openai-chat--completion-stream-multiple-choices-proxy--5cc4cf'],
  },
  {
    reason: 'The server never says `role`. The SDK wants it at the end; for Braid a model is an assistant.',
    aspects: ['ending'],
    shows: (_, { error }) => /missing role for choice 0/.test(String(error)),
    cases: [
      'openai-compatible/openai-chat--chat-streaming-responses-gpustack-qwen3-supports-streaming-responses--862044',
    ],
  },
  {
    reason: 'Mistral sends its reasoning as a list of parts in `content`, which the SDK adds to a string.',
    aspects: ['text'],
    shows: (braid, sdk) => {
      const [ours, theirs] = [braid.choices[0]!, sdk.choices[0]!]
      const [strings] = theirs.text.split('[object Object]').slice(-1)
      return theirs.text.startsWith('[object Object]') && ours.text.endsWith(strings!) && ours.reasoning !== ''
    },
    cases: [
      'mistral/openai-chat--chat-with-extended-thinking-mistral-mistral-small-latest-streams-think--bbb02e',
      'mistral/openai-chat--test-mistral-model-thinking-part-iter--b1d276',
    ],
  },
  {
    reason: 'Mistral sends a call whole and without `index`, under which the SDK would keep it.',
    aspects: ['tool calls'],
    shows: (braid, sdk) => braid.choices[0]?.calls?.length === 1 && sdk.choices[0]?.calls?.length === 0,
    cases: ['mistral/openai-chat--mistral-tool-call--d8ecd6'],
  },
  {
    reason:
      "Writer's frames have a `message` beside the `delta`, which takes the place of what the SDK has put together: it has the text of the last frame, none.",
    aspects: ['text'],
    shows: (braid, sdk) => braid.choices[0]?.text !== '' && sdk.choices[0]?.text === '',
    cases: ['writer/openai-chat--test-writer-async-streaming-chat-tool-calls-legacy--dae3d9'],
  },
  {
    reason:
      'The same where Writer calls a tool: the last `message` has no calls, and the SDK misses the one it had begun.',
    aspects: ['ending'],
    shows: (_, { error }) => /no tool call snapshot/.test(String(error)),
    cases: ['writer/openai-chat--test-writer-async-streaming-chat-tool-call-request-legacy--dc37ec'],
  },
  {
    reason:
      'DeepSeek on Azure counts reasoning in `usage.reasoning_tokens`, not in the details, where the SDK has its place.',
    aspects: ['counts'],
    shows: (braid, sdk) => typeof braid.counts.reasoning === 'number' && sdk.counts.reasoning === null,
    cases: ['azure/openai-chat--azure-deepseek-reasoning-1--9afd35'],
  },
]
