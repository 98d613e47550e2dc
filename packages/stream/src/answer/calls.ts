import { type ModelChunk, NO_METADATA } from '@braid/core'
import type { Answer } from './answer.ts'
import { ToolInput } from './tool-input.ts'

export type Metadata = Readonly<Record<string, unknown>>

export interface CallFragment {
  readonly key: unknown
  readonly id: string
  readonly name: string
  /** A piece of JSON text, or the whole input as an object. */
  readonly input: unknown
  /** Vertex's pieces by path. */
  readonly partial: unknown
  /** All of the input that there is until now, as text or as an object. What of it has not been said is said. */
  readonly soFar: unknown
  /** Whether the input is no JSON but text as it stands. */
  readonly freeText: boolean
  readonly providerExecuted: boolean
  /** The provider's proof of the reasoning behind the call. */
  readonly signature: string
  /** Whether this is all of it. Undefined: it is when the input is an object. */
  readonly whole: boolean | undefined
}

/** The tool calls of one candidate. They stay open until they are whole, until the provider ends them, or until the finish reason. */
export class Calls {
  readonly #candidate: number
  readonly #answer: Answer
  readonly #open = new Map<unknown, ToolInput>()
  /** The ids of calls that have ended. Whatever comes for one of them afterwards is said twice, and must not be run twice. */
  readonly #ended = new Set<string>()
  readonly #named = new Set<string>()
  #last: ToolInput | undefined
  #count = 0
  #forUs = 0

  constructor(candidate: number, answer: Answer) {
    this.#candidate = candidate
    this.#answer = answer
  }

  /** How many have ended that the provider does not run itself. */
  get forUs(): number {
    return this.#forUs
  }

  /** `responseId` makes ids of calls that have none unique beyond this answer. */
  take(fragment: CallFragment, responseId: string, metadata: Metadata): void {
    const call = this.#callOf(fragment)
    if (call.repeated) return
    call.name ||= fragment.name
    call.id ||= fragment.id
    call.providerExecuted ||= fragment.providerExecuted
    call.freeText ||= fragment.freeText
    call.signature ||= fragment.signature
    if (!call.announced && call.name !== '') this.#announce(call, responseId, metadata)
    const { input, soFar } = fragment
    if (typeof input === 'string') {
      call.append(input)
      if (call.announced && input !== '') this.#delta(call, input, metadata)
    } else if (typeof input === 'object' && input !== null) call.given = input
    if (typeof soFar === 'string') {
      const rest = call.catchUp(soFar)
      if (call.announced && rest !== '') this.#delta(call, rest, metadata)
    } else if (typeof soFar === 'object' && soFar !== null) call.given = soFar
    if (fragment.partial !== undefined) call.patch(fragment.partial)
    if (fragment.whole ?? (typeof input === 'object' && input !== null)) this.#end(call, responseId)
  }

  /** Of the call that is open under this number. */
  idOf(key: unknown): string | undefined {
    return this.#open.get(key)?.id
  }

  /** The provider ends the call with this number; the last one, where it gives no number. */
  end(key: unknown, responseId: string): void {
    const call = key === undefined ? this.#last : this.#open.get(key)
    if (call) this.#end(call, responseId)
  }

  endAll(responseId: string): void {
    if (this.#open.size === 0) return
    for (const call of [...this.#open.values()]) this.#end(call, responseId)
  }

  #callOf(fragment: CallFragment): ToolInput {
    // A number where there is one, else the id; a fragment with neither goes on with the last call, unless it names one.
    const key = fragment.key ?? (fragment.id === '' ? undefined : fragment.id)
    const known = key === undefined ? (fragment.name === '' ? this.#last : undefined) : this.#open.get(key)
    // Some servers give every call the number 0: another id with a name is another call.
    const another = known && fragment.name !== '' && fragment.id !== '' && known.id !== '' && known.id !== fragment.id
    if (known && !another) return known
    if (known) this.#end(known, '')
    const repeated = this.#ended.has(fragment.id)
    const call = new ToolInput(key ?? Symbol('a call without a number'), this.#count, repeated)
    if (!repeated) this.#count += 1
    this.#open.set(call.key, call)
    this.#last = call
    return call
  }

  #announce(call: ToolInput, responseId: string, metadata: Metadata): void {
    call.announced = true
    // Two calls under one id would be one to whoever reads by id. What is sent back says the new id in both places.
    if (this.#named.has(call.id)) call.id = `${call.id}-${call.position}`
    call.id ||= [
      `call-${call.position}`,
      ...(this.#candidate === 0 ? [] : [this.#candidate]),
      ...(responseId === '' ? [] : [responseId]),
    ].join('-')
    this.#named.add(call.id)
    this.#push({
      type: 'tool-input-start',
      candidate: this.#candidate,
      metadata,
      rawResponse: this.#answer.frame,
      id: call.id,
      toolName: call.name,
    })
    if (call.text !== '') this.#delta(call, call.text, metadata)
  }

  #delta(call: ToolInput, data: string, metadata: Metadata): void {
    this.#push({
      type: 'tool-input-delta',
      candidate: this.#candidate,
      metadata,
      rawResponse: this.#answer.frame,
      id: call.id,
      data,
    })
  }

  #end(call: ToolInput, responseId: string): void {
    this.#open.delete(call.key)
    if (this.#last === call) this.#last = undefined
    if (call.repeated) return
    if (!call.announced) this.#announce(call, responseId, NO_METADATA)
    const rest = call.finish()
    if (rest !== '') this.#delta(call, rest, NO_METADATA)
    const base = { candidate: this.#candidate, metadata: NO_METADATA, rawResponse: this.#answer.frame }
    this.#push({ type: 'tool-input-end', ...base, id: call.id })
    this.#push({ type: 'tool-call', ...base, ...call.read() })
    this.#ended.add(call.id)
    if (!call.providerExecuted) this.#forUs += 1
  }

  #push(chunk: ModelChunk): void {
    this.#answer.say(chunk)
  }
}
