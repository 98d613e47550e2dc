import { isDeepStrictEqual } from 'node:util'
import type { ChunkOf, ModelChunk } from '@braid/core'
import type { Reading } from '../pipeline/reading.ts'
import type { Expected, ExpectedCall } from '../support/corpus.ts'

/** Everything in which a reading differs from what was expected of it, in words. Nothing, where it is right. */
export function differences({ chunks, error }: Reading, expected: Expected): string[] {
  const found: string[] = []
  const differ = (what: string, is: unknown, wanted: unknown) => {
    if (!isDeepStrictEqual(is, wanted)) found.push(`${what}: ${contrast(is, wanted)}`)
  }
  differ('error', errorOf(error?.code), errorWanted(expected))
  if (expected.error_code !== undefined) differ('error code', error?.code, expected.error_code)

  for (const [index, choice] of Object.entries(expected.choices)) {
    const said = chunks.filter((chunk) => chunk.candidate === Number(index))
    const at = `choice ${index}`
    differ(`${at}, text`, textOf(said, 'text-delta'), choice.text)
    // Where a provider reasons in details alone, those are the reasoning: nothing that a model says is lost.
    differ(
      `${at}, reasoning`,
      textOf(said, 'reasoning-delta'),
      choice.reasoning || (expected.reasoning_details_text ?? ''),
    )
    differ(`${at}, refusal`, textOf(said, 'refusal-delta'), choice.refusal)
    const calls = said.filter((chunk) => chunk.type === 'tool-call')
    differCalls(
      `${at}, tool calls`,
      calls.filter((call) => !call.providerExecuted && !isBuiltIn(call)),
      choice.tool_calls,
      differ,
    )
    const builtIn = calls.filter((call) => call.providerExecuted || isBuiltIn(call))
    if (expected.item_types) {
      // Of these only the kinds are known: how many there are, and that none is lost.
      const wanted = expected.item_types.filter((type) => BUILT_IN.has(type))
      differ(`${at}, calls of built-in tools`, builtIn.map(itemType), wanted)
      // Of Gemini's nothing is known.
    } else if (expected.api !== 'gemini') {
      differCalls(`${at}, server tool calls`, builtIn, choice.server_tool_calls ?? [], differ)
    }
    const finishes = said.filter((chunk) => chunk.type === 'finish')
    // A stream that fails has no `finish`: its reason, if one had come, is not the last word.
    differ(`${at}, finishes`, finishes.length, error ? 0 : 1)
    if (error) continue
    // Of a Responses answer the reason may be its status or, where it is incomplete, why.
    const reasons: unknown[] = [finishes[0]?.rawFinishReason ?? null, finishes[0]?.metadata['status']]
    if (!reasons.includes(choice.finish_reason)) differ(`${at}, finish reason`, reasons[0], choice.finish_reason)
    differ(`${at}, usage`, finishes[0]?.usage.raw ?? null, expected.usage)
  }

  const start = chunks.find((chunk) => chunk.type === 'message-start')
  if (expected.model !== undefined) differ('model', start?.model, expected.model)
  const signatures = chunks.flatMap(
    (chunk) => ((chunk.type === 'reasoning-end' || chunk.type === 'tool-call') && chunk.signature) || [],
  )
  if (expected.signatures) differ('signatures', signatures, expected.signatures)
  if (expected.thought_signatures !== undefined) differ('signatures', signatures.length, expected.thought_signatures)
  const redacted = chunks.flatMap((chunk) => (chunk.type === 'reasoning-end' && chunk.redacted) || [])
  if (expected.redacted_thinking) differ('redacted thinking', redacted, expected.redacted_thinking)
  if ((expected.citations ?? 0) > 0)
    differ(
      'has sources',
      chunks.some((chunk) => chunk.type === 'source'),
      true,
    )
  return found
}

/** Both in JSON; of what is long, the place where they part. */
function contrast(is: unknown, wanted: unknown): string {
  const [a, b] = [JSON.stringify(is) ?? 'nothing', JSON.stringify(wanted) ?? 'nothing']
  let same = 0
  while (same < Math.min(a.length, b.length) && a[same] === b[same]) same += 1
  const from = Math.max(0, same - BEFORE)
  const excerpt = (text: string) =>
    `${from > 0 ? '…' : ''}${text.slice(from, same + BEHIND)}${text.length > same + BEHIND ? '…' : ''}`
  return `${excerpt(a)} instead of ${excerpt(b)}`
}

/** How much is shown around the first difference, in characters. */
const BEFORE = 40
const BEHIND = 160

function differCalls(
  at: string,
  calls: readonly ChunkOf<'tool-call'>[],
  wanted: readonly ExpectedCall[],
  differ: (what: string, is: unknown, wanted: unknown) => void,
): void {
  differ(`${at}, how many`, calls.length, wanted.length)
  for (const [index, call] of calls.entries()) {
    const want = wanted[index]
    if (!want) continue
    differ(`${at}, name`, call.toolName, want.name)
    if (want.id !== null) differ(`${at}, id`, call.toolCallId, want.id)
    if (want.input !== undefined) {
      differ(`${at}, input`, call.input, want.input)
      continue
    }
    // No text at all and the empty object are the same arguments.
    if (want.arguments_raw !== undefined)
      differ(`${at}, raw arguments`, call.rawInput || '{}', want.arguments_raw || '{}')
    differ(`${at}, invalid`, call.invalid !== undefined, want.invalid === true)
    if (!want.invalid) differ(`${at}, arguments`, call.input, want.arguments)
  }
}

/** Items of a Responses answer that are calls of tools which OpenAI defines, wherever they run. */
const BUILT_IN: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
  'shell_call',
  'local_shell_call',
  'apply_patch_call',
  'tool_search_call',
  'computer_call',
])

function isBuiltIn(call: ChunkOf<'tool-call'>): boolean {
  return BUILT_IN.has(itemType(call))
}

/** Of the frame that ended the call. */
function itemType({ rawResponse }: ChunkOf<'tool-call'>): unknown {
  return (rawResponse as { readonly item?: { readonly type?: unknown } } | undefined)?.item?.type
}

function textOf(chunks: readonly ModelChunk[], type: 'text-delta' | 'reasoning-delta' | 'refusal-delta'): string {
  return chunks.map((chunk) => (chunk.type === type ? chunk.data : '')).join('')
}

type Ending = 'none' | 'truncated' | 'unreadable' | 'of the provider'

function errorOf(code: string | undefined): Ending {
  if (code === undefined) return 'none'
  if (code === 'stream_truncated') return 'truncated'
  return code === 'malformed_frame' || code === 'frame_too_large' ? 'unreadable' : 'of the provider'
}

function errorWanted(expected: Expected): Ending {
  if (expected.truncated) return 'truncated'
  return (expected.errors?.length ?? 0) > 0 ? 'of the provider' : 'none'
}
