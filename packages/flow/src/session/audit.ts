import { hostname } from 'node:os'
import { asBraidError, BraidError, type ErrorCode, type Outcome, type Usage } from '@braid/core'
import type { Ending } from '../run/recorder.ts'
import type { Session } from './session.ts'

/** That an operation has ended: who ran what, when, and what became of it. Nothing of what was said is in it, but the names that the program chose. */
export interface AuditEntry {
  readonly sessionId: string
  readonly runId: string
  readonly operationId: string
  readonly kind: string
  /** The branch that it was to write, by name. */
  readonly branch?: string
  /** The model that it was to ask, by name. */
  readonly imodel?: string
  /** How often it was tried; 0 when it never started. */
  readonly attempts: number
  readonly startedAt?: Date
  readonly endedAt: Date
  readonly status: Outcome['status']
  /** The code of the error that it failed with, or that it was cancelled with. */
  readonly error?: ErrorCode
  /** Of a skipped one: the operation that caused it. */
  readonly because?: string
  readonly usage?: Usage
  /** The process that ran it. */
  readonly pid: number
  readonly host: string
}

/**
 * Takes entries, one by one, after each end was stored. Nothing waits for it, and what it throws is a warning.
 *
 * @example
 * const file = createWriteStream('audit.jsonl', { flags: 'a' })
 * const session = await Session.open('work.db', { audit: (entry) => file.write(`${JSON.stringify(entry)}\n`) })
 */
export type AuditSink = (entry: AuditEntry) => void

/** Tells the sink of a session, where there is one, of the ends of one run. */
export class Audit {
  readonly #session: Session
  readonly #runId: string
  readonly #host = hostname()
  #reported = false

  /** Undefined where nobody wants to know. */
  static of(session: Session, runId: string): Audit | undefined {
    return session.audit && new Audit(session, runId)
  }

  private constructor(session: Session, runId: string) {
    this.#session = session
    this.#runId = runId
  }

  record(ending: Ending, outcome: Outcome): void {
    try {
      this.#session.audit?.(this.#entry(ending, outcome))
    } catch (error) {
      if (this.#reported) return
      this.#reported = true
      process.emitWarning(`\`audit\` threw: ${asBraidError(error, 'unknown').message}; the run goes on`, {
        code: 'BRAID_AUDIT',
      })
    }
  }

  #entry({ node, attempts, startedAt }: Ending, outcome: Outcome): AuditEntry {
    const { id, kind, branch } = node.operation
    const imodel = this.#imodel(node)
    const error = errorOf(outcome)
    return {
      sessionId: this.#session.id,
      runId: this.#runId,
      operationId: id,
      kind,
      ...(branch === undefined ? {} : { branch }),
      ...(imodel === undefined ? {} : { imodel }),
      attempts,
      ...(startedAt === undefined ? {} : { startedAt }),
      endedAt: new Date(),
      status: outcome.status,
      ...(error === undefined ? {} : { error }),
      ...(outcome.status === 'skipped' ? { because: outcome.because } : {}),
      ...(outcome.usage === undefined ? {} : { usage: plain(outcome.usage) }),
      pid: process.pid,
      host: this.#host,
    }
  }

  /** The default one where it names none and its kind asks one. */
  #imodel({ kind, operation }: Ending['node']): string | undefined {
    const { imodel } = operation.params as { readonly imodel?: string | { readonly name: string } }
    if (imodel !== undefined) return typeof imodel === 'string' ? imodel : imodel.name
    return kind.type === 'built-in' && 'imodel' in kind.of.params ? this.#session.services.defaultName : undefined
  }
}

function errorOf(outcome: Outcome): ErrorCode | undefined {
  if (outcome.status === 'failed') return outcome.error.code
  return outcome.status === 'cancelled' && outcome.reason instanceof BraidError ? outcome.reason.code : undefined
}

/** The counts alone: what the provider sent with them is the provider's. */
function plain({ raw: _, ...usage }: Usage): Usage {
  return usage
}
