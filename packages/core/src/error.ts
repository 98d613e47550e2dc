import type { Results } from './operation.ts'

/** What went wrong, from a closed list. Grouped by where it comes from. */
export type ErrorCode =
  // a provider's answer: the thirteen standard codes of ai-lib
  | 'invalid_request'
  | 'authentication'
  | 'permission_denied'
  | 'not_found'
  | 'request_too_large'
  | 'rate_limited'
  | 'quota_exhausted'
  | 'server_error'
  | 'overloaded'
  | 'timeout'
  | 'conflict'
  | 'cancelled'
  | 'unknown'
  // the wire
  | 'connection_failed'
  | 'stream_truncated'
  | 'malformed_frame'
  | 'frame_too_large'
  | 'protocol_violation'
  | 'invalid_signature'
  | 'content_rejected'
  | 'invalid_manifest'
  | 'unsupported_parameter'
  | 'missing_key'
  | 'unknown_provider'
  | 'context_too_long'
  // the plan
  | 'invalid_plan'
  | 'duplicate_name'
  | 'cycle'
  | 'unknown_operation'
  | 'foreign_operation'
  | 'not_a_dependency'
  | 'not_parallel'
  | 'unknown_kind'
  | 'unknown_imodel'
  | 'unknown_tool'
  | 'access_denied'
  | 'unknown_message'
  | 'unknown_branch'
  | 'unknown_run'
  | 'duplicate_branch'
  | 'foreign_branch'
  | 'branch_moved'
  // the run
  | 'run_failed'
  | 'operation_failed'
  | 'not_completed'
  | 'invalid_output'
  | 'invalid_tool_input'
  | 'tool_failed'
  | 'max_steps'
  | 'unknown_approval'
  | 'too_many_items'
  | 'budget_spent'
  | 'already_read'
  | 'run_taken'
  | 'run_leased'
  | 'run_finished'
  | 'run_interrupted'
  | 'plan_changed'
  | 'plan_needed'
  | 'session_closed'
  | 'attempt_superseded'
  // the file
  | 'database_missing'
  | 'not_a_database'
  | 'newer_database'
  | 'database_read_only'
  | 'database_locked'
  | 'database_corrupt'
  | 'database_gone'
  | 'disk_full'
  | 'file_exists'
  | 'file_too_large'
  | 'search_off'
  | 'invalid_export'
  | 'folder_missing'
  | 'native_binary'

/** Whether the same call may work when made again, by code; an error's own `retryable` overrides it. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'server_error',
  'overloaded',
  'timeout',
  'conflict',
  'connection_failed',
  'stream_truncated',
  'database_locked',
])

/** Whether another provider might answer where this one did not. */
const FALLBACKABLE: ReadonlySet<ErrorCode> = new Set([
  'authentication',
  'rate_limited',
  'quota_exhausted',
  'server_error',
  'overloaded',
  'timeout',
  'connection_failed',
  'stream_truncated',
])

/** What is wrong in one place of a value, such as `steps[0].minutes`; the whole of it has an empty path. Says nothing of what was found there but its kind. */
export interface Issue {
  readonly path: string
  readonly message: string
}

export interface BraidErrorOptions {
  readonly cause?: unknown
  readonly retryable?: boolean
  /** Milliseconds that a provider asked to wait before the next try. */
  readonly retryAfterMs?: number
  /** HTTP status, where there was one. */
  readonly status?: number
  /** How often a model that tries again by itself had asked when it gave up. */
  readonly attempts?: number
  readonly operationId?: string
  readonly errors?: readonly BraidError[]
  readonly results?: Results
  readonly issues?: readonly Issue[]
}

/**
 * The one error class. `message` says what was expected, what came and what to do; it carries no secrets and no prompt text.
 *
 * `operationId` names the operation where one failed; `errors` and `results` are on `run_failed`; `issues`, by path, on what did not
 * fit a schema (`invalid_output`, `invalid_tool_input`); `attempts` where a model with a `retry` of its own gave up.
 *
 * @example
 * try { await flow(builder) } catch (error) {
 *   if (error instanceof BraidError && error.code === 'run_failed') console.log(error.errors, error.results)
 * }
 */
export class BraidError extends Error {
  override readonly name = 'BraidError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly fallbackable: boolean
  declare readonly retryAfterMs?: number
  declare readonly status?: number
  declare readonly attempts?: number
  declare readonly operationId?: string
  declare readonly errors?: readonly BraidError[]
  declare readonly results?: Results
  declare readonly issues?: readonly Issue[]

  constructor(code: ErrorCode, message: string, options: BraidErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? RETRYABLE.has(code)
    this.fallbackable = FALLBACKABLE.has(code)
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
    if (options.status !== undefined) this.status = options.status
    if (options.attempts !== undefined) this.attempts = options.attempts
    if (options.operationId !== undefined) this.operationId = options.operationId
    if (options.errors !== undefined) this.errors = options.errors
    if (options.issues !== undefined) this.issues = options.issues
    if (options.results !== undefined) Object.defineProperty(this, 'results', { value: options.results })
  }
}

/** The error of one operation: the same error, naming it. One that names another, whose failure this one passes on, is its cause. */
export function errorOf(operationId: string, error: unknown): BraidError {
  const known = asBraidError(error, 'operation_failed')
  if (known.operationId === operationId) return known
  const passedOn = known.operationId !== undefined || known.cause === undefined
  return new BraidError(known.code, known.message, {
    cause: passedOn ? known : known.cause,
    retryable: known.retryable,
    operationId,
    ...(known.retryAfterMs === undefined ? {} : { retryAfterMs: known.retryAfterMs }),
    ...(known.status === undefined ? {} : { status: known.status }),
    ...(known.attempts === undefined ? {} : { attempts: known.attempts }),
    ...(known.errors === undefined ? {} : { errors: known.errors }),
    ...(known.results === undefined ? {} : { results: known.results }),
    ...(known.issues === undefined ? {} : { issues: known.issues }),
  })
}

/** Converts at the border where a foreign error enters. A BraidError passes; anything else becomes one of `code`. */
export function asBraidError(error: unknown, code: ErrorCode): BraidError {
  if (error instanceof BraidError) return error
  return new BraidError(code, wordsOf(error), { cause: error })
}

/** Anything can be thrown, also what is no text and becomes none. */
function wordsOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return `something was thrown that has no text: ${typeof thrown}`
  }
}
