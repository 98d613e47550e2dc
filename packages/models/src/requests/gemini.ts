import { alternating, type Speech } from './alternating.ts'
import type { Attachment } from './attachment.ts'
import type { Encoder, EncoderContext } from './encoder.ts'
import { within } from './schemas/subset.ts'
import { geminiJson } from './schemas/subsets.ts'
import type { JsonSchema } from './schemas/json-schema.ts'
import { type AssistantTurn, inputOf, jsonText, type ResultPart, type Turn } from './turn.ts'

type Part = Readonly<Record<string, unknown>>

/**
 * What stands for the signature of a call that another model made, or nobody: since Gemini 3, the first call of a turn has to have one.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const UNSIGNED = 'skip_thought_signature_validator'

/**
 * System text goes before the conversation, wherever it stood; the assistant is called `model`. A signature goes back on the part that it came on; an id does where
 * there was one, and results belong to calls by their names and their order in any case.
 * https://ai.google.dev/api/generate-content
 */
export const gemini: Encoder = {
  messages(turns, context) {
    const system = turns.filter((turn) => turn.role === 'system')
    return {
      ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map(({ text }) => ({ text })) } }),
      contents: alternating(turns.flatMap((turn) => speechOf(turn, context))).map(({ role, parts }) => ({
        // Results are a turn of their own, but the user's.
        role: role === 'model' ? role : 'user',
        parts,
      })),
    }
  },
  tools({ tools, choice }) {
    if (tools.length === 0) return {}
    const mode = choice === undefined ? undefined : MODES[typeof choice === 'object' ? 'required' : choice]
    return {
      tools: [
        {
          functionDeclarations: tools.map(({ name, description, schema }) => ({
            name,
            description,
            // One that takes nothing says nothing: an object without properties is refused.
            ...(isEmpty(schema) ? {} : { parametersJsonSchema: within(geminiJson, schema) }),
          })),
        },
      ],
      ...(mode === undefined
        ? {}
        : {
            toolConfig: {
              functionCallingConfig: {
                mode,
                ...(typeof choice === 'object' ? { allowedFunctionNames: [choice.toolName] } : {}),
              },
            },
          }),
    }
  },
}

const MODES = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const

function isEmpty({ properties }: JsonSchema): boolean {
  return typeof properties !== 'object' || properties === null || Object.keys(properties).length === 0
}

function speechOf(turn: Turn, context: EncoderContext): readonly Speech<'user' | 'model' | 'tool', Part>[] {
  switch (turn.role) {
    case 'system':
      return []
    case 'user':
      return [
        { role: 'user', parts: [...turn.files.map(filePart), ...(turn.text === '' ? [] : [{ text: turn.text }])] },
      ]
    case 'assistant':
      return [{ role: 'model', parts: partsOf(turn, context) }]
    case 'tool':
      return [{ role: 'tool', parts: turn.results.map(resultPart) }]
    default:
      return turn satisfies never
  }
}

function partsOf(turn: AssistantTurn, { model }: EncoderContext): readonly Part[] {
  const made: Part[] = []
  /** Of a text: it stands before it, as reasoning that says nothing. */
  let signature: string | undefined
  const flush = (): void => {
    if (signature !== undefined) made.push({ text: '', thoughtSignature: signature })
    signature = undefined
  }
  let signed = false
  for (const part of turn.parts) {
    if (part.type === 'text' || part.type === 'made') {
      // What is signed is the part that came after the signature.
      made.push({ ...(part.type === 'made' ? filePart(part.file) : { text: part.text }), ...signatureOf(signature) })
      signature = undefined
    } else if (part.type === 'reasoning') {
      flush()
      if (part.text === '') signature = part.signature
      else made.push({ text: part.text, thought: true, ...signatureOf(part.signature) })
    } else {
      flush()
      const first = !signed
      signed = true
      const proof = part.signature ?? (first && needsSignature(model) ? UNSIGNED : undefined)
      made.push({ functionCall: { ...idOf(part.id), name: part.name, args: inputOf(part) }, ...signatureOf(proof) })
    }
  }
  flush()
  return made
}

function signatureOf(signature: string | undefined): Part {
  return signature === undefined ? {} : { thoughtSignature: signature }
}

/** Whatever its type: which of them a model takes is its own. */
function filePart({ mediaType, base64, url }: Attachment): Part {
  return url === undefined
    ? { inlineData: { mimeType: mediaType, data: base64 } }
    : { fileData: { mimeType: mediaType, fileUri: url } }
}

/** Not one that was made for want of one when the answer was read. */
function idOf(id: string): Part {
  return /^call-\d+(?:-|$)/.test(id) ? {} : { id }
}

function needsSignature(model: string): boolean {
  return Number(/gemini-(\d+)/.exec(model)?.[1] ?? 0) >= 3
}

function resultPart({ id, name, failed, output }: ResultPart): Part {
  // What JSON cannot hold throws here, with the tool's name.
  jsonText(output ?? null, `the result of the tool "${name}"`)
  return { functionResponse: { ...idOf(id), name, response: failed ? { error: output } : { output: output ?? null } } }
}
