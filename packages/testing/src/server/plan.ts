import { asBraidError } from '@braid/core'
import type { Issued } from '../wire/issued.ts'
import { type Saying, speak } from '../wire/spoken.ts'
import type { Asked, Problem, Wire } from '../wire/wire.ts'
import { type Body, type Fault, HTML, misbehave } from './fault.ts'
import { framesOf } from './frame.ts'
import { recut } from './pace.ts'
import type { Reading } from './reading.ts'
import { load, type Recording } from './recording.ts'
import type { ReceivedRequest } from './request.ts'
import {
  type Delivery,
  echo,
  isProviderError,
  isRecording,
  type ProviderError,
  type Reply,
  type Script,
} from './script.ts'
import type { Step } from './step.ts'

/** An answer, ready to be sent. */
export interface Plan {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly steps: Iterable<Step>
  readonly delay: number
  readonly interval: number
}

const PATHS = [
  '/v1/chat/completions',
  '/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1beta/models/{model}:generateContent',
  '/v1beta/models/{model}:streamGenerateContent',
  '/model/{model}/converse',
  '/model/{model}/converse-stream',
] as const

/** What to answer without asking the script: what the real API refuses. */
export function refusal({ request, wire, asked }: Reading, problem: Problem): Plan {
  return failure(wire, asked, request, problem, {})
}

/** What the script has for this request, or else the fallback, or else an echo. */
export async function planned(
  { request, wire, asked }: Reading,
  script: Script,
  fallback: { readonly reply: Reply | undefined; readonly delivery: Delivery },
  issued: Issued,
): Promise<Plan> {
  const entry = script.take(request)
  if (entry === undefined && wire.api === undefined) {
    const message = `this server has nothing at ${request.method} ${request.path}; it speaks POST ${PATHS.join(', ')}, and replays recordings anywhere`
    return failure(wire, asked, request, { status: 404, message }, {})
  }
  const reply = entry?.reply ?? fallback.reply ?? echo(request, asked.candidates)
  const delivery = { ...fallback.delivery, ...entry?.options }
  const answer = typeof reply === 'function' ? await reply(request) : reply
  if (isRecording(answer)) {
    issued.replayed()
    return replayed(wire, asked, answer, delivery)
  }
  if (isProviderError(answer)) return failure(wire, asked, request, answer, delivery)
  return said({ request, wire, asked }, typeof answer === 'string' ? { text: answer } : answer, delivery, issued)
}

/** What is answered when a reply of the script throws, or its fault has no place in its answer. */
export function broken({ request, wire, asked }: Reading, error: unknown): Plan {
  const message = `the script of this server failed: ${asBraidError(error, 'invalid_request').message}`
  return failure(wire, asked, request, { status: 500, message }, {})
}

function said(
  { request, wire, asked }: Pick<Reading, 'request' | 'wire' | 'asked'>,
  saying: Saying,
  delivery: Delivery,
  issued: Issued,
): Plan {
  const number = request.index + 1
  const spoken = speak(saying, { number, model: asked.model, messages: asked.messages, n: asked.candidates })
  issued.add(spoken)
  const frames = Array.from(wire.frames(spoken, asked, request.body), encode)
  const length = asked.framing === 'plain' && delivery.fault === undefined ? lengthOf(frames) : {}
  const headers = { 'content-type': wire.contentType(asked), ...wire.headers(number), ...length, ...saying.headers }
  return plan(200, headers, body(wire, asked, frames), delivery)
}

function failure(
  wire: Wire,
  asked: Asked,
  request: ReceivedRequest,
  problem: Problem & Pick<ProviderError, 'headers'>,
  delivery: Delivery,
): Plan {
  const number = request.index + 1
  const frames = [encode(wire.error(problem, asked, number))]
  const headers = {
    'content-type': 'application/json',
    ...wire.headers(number),
    ...wire.errorHeaders?.(problem),
    ...(problem.retryAfter === undefined ? {} : { 'retry-after': String(problem.retryAfter) }),
    ...(delivery.fault === undefined ? lengthOf(frames) : {}),
    ...problem.headers,
  }
  return plan(problem.status, headers, body(wire, asked, frames), delivery)
}

function replayed(wire: Wire, asked: Asked, recording: Recording, delivery: Delivery): Plan {
  const { bytes, contentType } = load(recording)
  const frames = framesOf(bytes, contentType)
  return plan(200, { 'content-type': contentType }, body(wire, asked, frames), delivery)
}

function body(wire: Wire, asked: Asked, frames: readonly Uint8Array[]): Body {
  return { frames, anatomy: wire.anatomy, errorFrame: (fault) => wire.errorFrame(problemOf(fault), asked) }
}

function problemOf({ status, message, errorType }: Extract<Fault, { type: 'error-frame' }>): Problem {
  return { status: status ?? 500, message, type: errorType }
}

function plan(status: number, headers: Plan['headers'], answer: Body, delivery: Delivery): Plan {
  const { delay = 0, interval = 0, cut = 'frame', fault } = delivery
  if (fault?.type === 'html') {
    const page = { ...answer, frames: [encode(HTML)] }
    const steps = recut(misbehave(page, undefined), cut)
    return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, steps, delay, interval }
  }
  return { status, headers, steps: recut(misbehave(answer, fault), cut), delay, interval }
}

const encode = (frame: string | Uint8Array): Uint8Array => (typeof frame === 'string' ? Buffer.from(frame) : frame)

function lengthOf(frames: readonly Uint8Array[]): Readonly<Record<string, string>> {
  return { 'content-length': String(frames.reduce((total, { length }) => total + length, 0)) }
}
