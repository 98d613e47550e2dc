import type { Hearing } from '../hearing.ts'
import type { Explanation } from '../witness.ts'

export const explained: readonly Explanation[] = [
  {
    reason:
      'The stream stops before the blank line of a frame that is whole JSON. The SDK drops that frame, Braid gives it; both report the truncation.',
    aspects: ['text'],
    shows: (braid, sdk) =>
      /Incomplete JSON segment at the end/.test(String(sdk.error)) &&
      braid.error !== undefined &&
      braid.choices[0]!.text.startsWith(sdk.choices[0]!.text),
    cases: ['gemini--truncated'],
  },
  {
    reason:
      'Without `alt=sse` Gemini streams one JSON array. The SDK always asks for `alt=sse` and reads nothing else.',
    aspects: ['ending', 'candidates'],
    shows: (braid, sdk) =>
      /Incomplete JSON segment at the end/.test(String(sdk.error)) &&
      braid.error === undefined &&
      braid.choices[0] !== undefined,
    cases: [
      'gemini--array-function-calls',
      'google/gemini--test-nested-model-optional--c40e64',
      'google/gemini--test-prompt-with-multiple-dogs--c76bef',
      'google/gemini--test-tools--0e5a06',
      'google/gemini--test-tools--59a921',
      'google/gemini--test-tools--85e03b',
      'google/gemini--test-tools-with-nested-pydantic-models--c1a336',
      'google/gemini--test-tools-with-nested-pydantic-models--e34d24',
    ],
  },
  {
    reason:
      'Arguments that come in parts (`partialArgs`, by JSON path). The SDK hands the parts out and puts no call together.',
    aspects: ['tool calls'],
    shows: (braid, sdk) => {
      const [ours, theirs] = [namesOf(braid), namesOf(sdk)]
      return sdk.choices[0]!.calls!.every(({ input }) => Object.keys(input as object).length === 0) && ours === theirs
    },
    cases: [
      'vertex/gemini--chats-tests-chats-function-calling-vertex-ai-with-streaming-function-c--7ccfb0',
      'google/gemini--google-stream-tool-call-arguments--4801a0',
      'google/gemini--google-stream-tool-call-array-arguments-missing-terminal-function-call--25c627',
    ],
  },
]

/** Parts after the first have no name. */
function namesOf({ choices }: Hearing): string {
  return choices[0]!.calls!.flatMap(({ name }) => name || []).join()
}
