import type { Call, Hearing } from '../hearing.ts'
import type { Explanation } from '../witness.ts'

export const explained: readonly Explanation[] = [
  {
    reason:
      'The SDK throws at an event that it does not know: how a patch comes to be, for which its API has an event all the same.',
    aspects: ['ending'],
    shows: (_, { error }) => /Unhandled response stream event: .*apply_patch_call_operation_diff/.test(String(error)),
    cases: ['openai/openai-responses--openai-apply-patch-tool-1--f733fe'],
  },
  {
    reason: 'As before, how the command of a shell comes to be. The text comes later.',
    aspects: ['ending', 'text'],
    shows: (braid, sdk) =>
      /Unhandled response stream event: .*shell_call_command/.test(String(sdk.error)) && textLater(braid, sdk),
    cases: [
      'openai/openai-responses--openai-shell-container-1--e82950',
      'openai/openai-responses--openai-shell-skills-1--93dd90',
    ],
  },
  {
    reason: 'As before: the server on Bedrock announces parts of its reasoning, which OpenAI does not.',
    aspects: ['ending', 'text'],
    shows: (braid, sdk) =>
      /Unhandled response stream event: .*reasoning_part.added/.test(String(sdk.error)) && textLater(braid, sdk),
    cases: [
      'bedrock-mantle/openai-responses--providers-bedrock-mantle-responses-chat-streams-through-the-responses---28c539',
    ],
  },
  {
    reason:
      "Calls run side by side. Braid gives them in the order in which they end, the SDK's last response in that in which they began.",
    aspects: ['tool calls'],
    shows: (braid, sdk) => sorted(braid.choices[0]!.calls!) === sorted(sdk.choices[0]!.calls!),
    cases: ['xai/openai-responses--xai-x-search-tool--8e9145'],
  },
  {
    reason:
      'The invented stream ends with a response that repeats no output. The SDK takes that as the last word, Braid what came before.',
    aspects: ['tool calls'],
    shows: (braid, sdk) => braid.choices[0]?.calls?.length === 1 && sdk.choices[0]?.calls?.length === 0,
    cases: ['openai-responses--call-in-one-frame', 'openai-responses--incomplete'],
  },
  {
    reason: 'As before, with a refusal.',
    aspects: ['refusal'],
    shows: (braid, sdk) => braid.choices[0]?.refusal !== '' && sdk.choices[0]?.refusal === '',
    cases: ['openai-responses--refusal'],
  },
  {
    reason:
      'The invented stream has text in a part that it never announced. The SDK throws there; Braid reads on, to the error that both end with.',
    aspects: ['text'],
    shows: (braid, sdk) =>
      /missing content at index 0/.test(String(sdk.error)) && braid.error !== undefined && textLater(braid, sdk),
    cases: ['openai-responses--failed', 'openai-responses--error-event', 'openai-responses--truncated'],
  },
  {
    reason:
      'The invented stream adds an annotation to a part that was announced without a list of them. The SDK throws there.',
    aspects: ['ending', 'text'],
    shows: (braid, sdk) =>
      /Cannot set properties of undefined/.test(String(sdk.error)) &&
      braid.choices[0]!.text.startsWith(sdk.choices[0]!.text),
    cases: ['openai-responses--items'],
  },
]

function textLater(braid: Hearing, sdk: Hearing): boolean {
  return braid.choices[0]?.text !== '' && sdk.choices[0]?.text === ''
}

function sorted(calls: readonly Call[]): string {
  return JSON.stringify(calls.map(({ id, name, input, theirs }) => JSON.stringify([id, name, input, theirs])).sort())
}
