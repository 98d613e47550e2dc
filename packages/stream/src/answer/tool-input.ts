import { BraidError } from '@braid/core'
import { applyPartialArguments } from './partial-arguments.ts'

/** One tool call while its arguments arrive. Text is appended and parsed once, at the end. */
export class ToolInput {
  readonly key: unknown
  /** Which call of its candidate it is, from 0. */
  readonly position: number
  /** Whether it is one that was given already: all of it is passed over. */
  readonly repeated: boolean
  id = ''
  name = ''
  signature = ''
  announced = false
  providerExecuted = false
  /** Whether the input is text as it stands, as OpenAI's custom tools take it, and not JSON. */
  freeText = false
  /** The whole input, where the provider gives it as an object. Fragments that come as well win over it. */
  given: object | undefined
  #text = ''
  #inPieces = false
  #patched: Record<string, unknown> | undefined

  constructor(key: unknown, position: number, repeated: boolean) {
    this.key = key
    this.position = position
    this.repeated = repeated
  }

  get text(): string {
    return this.#text
  }

  append(fragment: string): void {
    this.#text += fragment
    this.#inPieces = true
  }

  /**
   * Takes all of the text that there is until now, and gives what of it is new. Where it says something else than the pieces did, it is
   * right and they were not; nothing that was said can be taken back.
   */
  catchUp(soFar: string): string {
    const rest = soFar.startsWith(this.#text) ? soFar.slice(this.#text.length) : ''
    if (soFar !== '') {
      this.#text = soFar
      this.#inPieces = true
    }
    return rest
  }

  patch(partial: unknown): void {
    this.#patched ??= {}
    applyPartialArguments(this.#patched, partial)
  }

  /** Makes text of what came as an object, and gives it; '' where the text is already there. */
  finish(): string {
    const object = this.#patched ?? this.given
    // Anthropic opens every call with `input: {}`: where pieces follow, be they empty, that was only their place.
    if (this.#inPieces || object === undefined) return ''
    this.#text = JSON.stringify(object)
    return this.#text
  }

  /** What the `tool-call` chunk says. No text at all is the empty object: a call without arguments. */
  read() {
    const { name, id } = this
    const rawInput = this.#text
    const call = {
      toolCallId: id,
      toolName: name,
      rawInput,
      ...(this.providerExecuted ? { providerExecuted: true } : {}),
      ...(this.signature === '' ? {} : { signature: this.signature }),
    }
    if (this.freeText && name !== '') return { ...call, input: rawInput as unknown }
    const parsed = rawInput.trim() === '' ? {} : parse(rawInput)
    if (name !== '' && typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return { ...call, input: parsed as unknown }
    }
    const wrong = name === '' ? 'it has no name' : 'its arguments are not a JSON object'
    const invalid = new BraidError(
      'invalid_tool_input',
      `Expected a call with a name and a JSON object of arguments; this one (${name || 'nameless'}, ${rawInput.length} characters) cannot be run: ${wrong}. ` +
        'The text is in rawInput; give the error back to the model, or ask it for shorter arguments.',
    )
    return { ...call, input: rawInput as unknown, invalid }
  }
}

/** Undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
