import { type Candidate, type GenerateContentResponseUsageMetadata, GoogleGenAI, type Part } from '@google/genai'
import { type Call, countsOf } from '../hearing.ts'
import type { Witness } from '../witness.ts'

/** `models.generateContentStream`. It gives frames and puts nothing together; that is done here, as its README does it. */
export const gemini: Witness = {
  sdk: '@google/genai',
  api: 'gemini',
  async hear(url, { provider }) {
    const client = new GoogleGenAI({ apiKey: 'any', vertexai: provider === 'vertex', httpOptions: { baseUrl: url } })
    const choices: Record<number, Answer> = {}
    let usage: GenerateContentResponseUsageMetadata | undefined
    let error: unknown
    try {
      for await (const frame of await client.models.generateContentStream({ model: 'recorded', contents: 'Go on.' })) {
        for (const candidate of frame.candidates ?? []) {
          const index = candidate.index ?? 0
          choices[index] ??= { text: '', reasoning: '', calls: [], finishReason: null }
          take(choices[index], candidate)
        }
        usage = frame.usageMetadata ?? usage
      }
    } catch (thrown) {
      error = thrown
    }
    return {
      choices,
      usage,
      counts: countsOf({
        input: usage?.promptTokenCount,
        output: usage?.candidatesTokenCount,
        total: usage?.totalTokenCount,
        cached: usage?.cachedContentTokenCount,
        reasoning: usage?.thoughtsTokenCount,
      }),
      ...(error === undefined ? {} : { error }),
    }
  },
}

interface Answer {
  text: string
  reasoning: string
  readonly calls: Call[]
  finishReason: string | null
}

function take(answer: Answer, { content, finishReason }: Candidate): void {
  for (const part of content?.parts ?? []) {
    if (part.thought) answer.reasoning += part.text ?? ''
    else answer.text += part.text ?? ''
    answer.calls.push(...callsOf(part))
  }
  answer.finishReason = finishReason ?? answer.finishReason
}

/** What Google runs itself is code, called after what it does, as Braid does, or a tool with a type in place of a name. */
function callsOf({ functionCall, executableCode, toolCall }: Part): Call[] {
  const made = (id: string | undefined, name: string | undefined, input: unknown, theirs: boolean): Call => ({
    ...(id ? { id } : {}),
    name: name ?? '',
    input,
    theirs,
  })
  const calls: Call[] = []
  if (functionCall) calls.push(made(functionCall.id, functionCall.name, functionCall.args ?? {}, false))
  if (executableCode) {
    const { id, language, code } = executableCode
    calls.push(made(id, 'code_execution', { language, code }, true))
  }
  if (toolCall) calls.push(made(toolCall.id, toolCall.toolType, toolCall.args ?? {}, true))
  return calls
}
