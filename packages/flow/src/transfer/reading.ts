import {
  BraidError,
  type BranchRecord,
  type Change,
  decode,
  Message,
  type OperationRecord,
  type Outcome,
} from '@braid/core'
import {
  type BranchLine,
  invalidExport,
  type Line,
  type LogLine,
  type MemoLine,
  type MessageLine,
  type OperationLine,
  type RunLine,
  VERSION,
} from './line.ts'

type Fields = Readonly<Record<string, unknown>>

/** Lines as changes, one after the other. Says of each what is wrong with it before anything of it is written. */
export class Reading {
  /** How many were read. */
  lines = 0
  #ended = false
  /** How long each branch is by now, by its id. */
  readonly #lengths = new Map<string, number>()
  readonly #names = new Set<string>()
  readonly #runs = new Set<string>()
  readonly #messages = new Set<string>()

  read(text: unknown): readonly Change[] {
    if (typeof text === 'string' && text.trim() === '') return []
    this.lines += 1
    const line = this.#parse(text)
    if (this.lines === 1) return this.#header(line)
    if (this.#ended) throw this.#damaged('expected nothing after the line that ends it')
    switch (line.type) {
      case 'branch':
        return this.#branch(line)
      case 'message':
        return this.#message(line)
      case 'run':
        return this.#run(line)
      case 'operation':
        return this.#operation(line)
      case 'log':
        return this.#log(line)
      case 'memo':
        return this.#memo(line)
      case 'end':
        if (line.lines !== this.lines - 1)
          throw this.#damaged(`expected ${String(line.lines)} lines before the last one; got ${this.lines - 1}`)
        this.#ended = true
        return []
      case 'session':
        throw this.#damaged('expected one session; here begins another one')
      default:
        line satisfies never
        throw this.#damaged('expected a `type` among branch, message, run, operation, log, memo and end')
    }
  }

  /** Throws `invalid_export` where the last line is missing. */
  end(): void {
    if (this.#ended) return
    if (this.lines === 0) throw invalidExport(1, 'expected the line that says what it is; got nothing')
    throw invalidExport(this.lines + 1, 'expected the line that ends it; it breaks off here')
  }

  #parse(text: unknown): Line {
    if (typeof text !== 'string') throw this.#damaged(`expected a text; got ${typeof text}`)
    let line: unknown
    try {
      line = decode(text)
    } catch (error) {
      throw this.#damaged(error instanceof BraidError ? error.message : 'expected JSON', error)
    }
    if (typeof line !== 'object' || line === null || Array.isArray(line)) throw this.#damaged('expected a JSON object')
    return line as Line
  }

  #header(line: Line): readonly Change[] {
    if (line.type !== 'session') {
      throw this.#damaged('expected an export of a session: { "type": "session", "version": 1, … } in its first line')
    }
    const { version, id, createdAt } = line
    if (version !== VERSION) {
      throw this.#damaged(`expected version ${VERSION}; got ${String(version)}, which is for another version of Braid`)
    }
    this.#need(line, { id: 'string', createdAt: 'date' })
    return [{ type: 'session', session: { id, createdAt } }]
  }

  #branch(line: BranchLine): readonly Change[] {
    this.#need(line, { id: 'string', name: 'string', createdAt: 'date' })
    const { type: _, archived, system, ...rest } = line
    const { id, name, parent } = line
    if (this.#lengths.has(id) || this.#names.has(name)) throw this.#damaged('expected a branch that was not there yet')
    if (parent !== undefined) {
      const length = this.#lengths.get(parent?.id)
      if (length === undefined || !(Number.isInteger(parent.at) && parent.at >= 0 && parent.at <= length)) {
        throw this.#damaged('expected a fork of a branch that came before it, at a message that is there')
      }
    }
    this.#lengths.set(id, parent?.at ?? 0)
    this.#names.add(name)
    const branch: BranchRecord = { ...rest, ...(system === undefined ? {} : { system: this.#told(system) }) }
    return [
      { type: 'branch', branch },
      ...(archived ? [{ type: 'branch-archived', branchId: id, archived: true } as const] : []),
    ]
  }

  #message({ branch, message }: MessageLine): readonly Change[] {
    const length = this.#lengths.get(branch)
    if (length === undefined) throw this.#damaged('expected a message of a branch that came before it')
    this.#lengths.set(branch, length + 1)
    return [{ type: 'append', branchId: branch, messages: [this.#told(message)] }]
  }

  #run(line: RunLine): readonly Change[] {
    this.#need(line, { id: 'string', status: 'string', startedAt: 'date' })
    const { type: _, ...run } = line
    if (this.#runs.has(run.id)) throw this.#damaged('expected a run that was not there yet')
    this.#runs.add(run.id)
    return [{ type: 'run', run }]
  }

  #operation(line: OperationLine): readonly Change[] {
    this.#need(line, { id: 'string', kind: 'string', attempts: 'number' })
    this.#ofRun(line.runId)
    const { type: _, outcome, ...rest } = line
    if (outcome === undefined) return [{ type: 'operation', operation: rest }]
    this.#need(outcome, { status: 'string' })
    const partial =
      'partial' in outcome && outcome.partial !== undefined ? { partial: this.#told(outcome.partial) } : {}
    const operation: OperationRecord = { ...rest, outcome: { ...outcome, ...partial } as Outcome }
    return [{ type: 'operation', operation }]
  }

  #log({ runId, first, count, data }: LogLine): readonly Change[] {
    this.#ofRun(runId)
    const whole = Number.isInteger(first) && Number.isInteger(count) && count > 0 && data instanceof Uint8Array
    if (!whole) throw this.#damaged('expected a part of a log with `first`, `count` and `data`')
    return [{ type: 'log', runId, page: { first, count, data } }]
  }

  #memo(line: MemoLine): readonly Change[] {
    this.#need(line, { operationId: 'string', key: 'string' })
    this.#ofRun(line.runId)
    const { operationId, key, value } = line
    return [{ type: 'memo', runId: line.runId, memo: { operationId, key, value } }]
  }

  /** A message that was told before is in the store, where the first of its id is the one: what is appended then needs no more than the id. */
  #told(message: Message | string): Message {
    if (message instanceof Message) {
      this.#messages.add(message.id)
      return message
    }
    if (typeof message !== 'string' || !this.#messages.has(message)) {
      throw this.#damaged('expected a message, or the id of one that came before')
    }
    return new Message({ id: message, content: { type: 'instruction', instruction: '' } })
  }

  #ofRun(runId: string): void {
    if (!this.#runs.has(runId)) throw this.#damaged('expected it to be of a run that came before it')
  }

  #need(line: object, fields: Readonly<Record<string, 'string' | 'number' | 'date'>>): void {
    for (const [name, type] of Object.entries(fields)) {
      const value = (line as Fields)[name]
      const fits = type === 'date' ? value instanceof Date && !Number.isNaN(value.getTime()) : typeof value === type
      if (!fits) throw this.#damaged(`expected \`${name}\` to be a ${type}`)
    }
  }

  #damaged(expected: string, cause?: unknown): BraidError {
    return invalidExport(this.lines, expected, cause)
  }
}
