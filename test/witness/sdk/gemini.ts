import { type Candidate, type GenerateContentResponseUsageMetadata, GoogleGenAI } from '@google/genai'
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
  for (const { text, thought, functionCall } of content?.parts ?? []) {
    if (thought) answer.reasoning += text ?? ''
    else answer.text += text ?? ''
    if (functionCall) {
      const { id, name = '', args = {} } = functionCall
      answer.calls.push({ ...(id ? { id } : {}), name, input: args, theirs: false })
    }
  }
  answer.finishReason = finishReason ?? answer.finishReason
}
