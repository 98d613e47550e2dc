import { abortable, checkSignal, onAbort } from './abort.ts'
import { BraidError } from './error.ts'
import { newId } from './id.ts'
import { checkKnown, type Known } from './options.ts'
import type { Schema } from './schema.ts'
import { checkedInput } from './tool-input.ts'

/** What a tool is given besides its input. */
export interface ToolContext {
  /** Aborts when the call is cancelled or has taken too long. What ignores it is fenced after a grace period. */
  readonly signal: AbortSignal
  readonly toolCallId: string
  /** The same for every attempt of this call: give it to whatever must not do a thing twice. */
  readonly idempotencyKey: string
}

export interface ToolOptions<I, O> {
  name: string
  /** Told to the model: what it does, and when to use it. */
  description: string
  input: Schema<I>
  /** Called only with input that validated. What a generator yields is a preliminary result. */
  run: (input: I, context: ToolContext) => O | Promise<O> | AsyncGenerator<unknown, O>
  /** Whether a person is asked before it runs. Default: never. */
  approval?: boolean | ((input: I) => boolean)
  /** May start while the model is still talking, because running it for nothing does no harm. */
  safe?: boolean
  /** Never runs again once its result is in the store. */
  once?: boolean
  /** Milliseconds that one call may take. Default: no limit. */
  timeout?: number
}

const OPTIONS = {
  name: true,
  description: true,
  input: true,
  run: true,
  approval: true,
  safe: true,
  once: true,
  timeout: true,
} satisfies Known<ToolOptions<never, unknown>>

/**
 * A function that a model may call: its name, what it is for, what it takes, and what it does. Frozen.
 *
 * @example
 * const add = tool({ name: 'add', description: 'a + b', input: z.object({ a: z.number(), b: z.number() }), run: ({ a, b }) => a + b })
 */
export class Tool<in I = never, out O = unknown> {
  /**
   * `tool`, named after the function.
   *
   * @example
   * const weather = Tool.fromFunction(async function weather({ city }: { city: string }) { return ask(city) }, { description: 'The weather', input })
   */
  static fromFunction<I, O>(
    run: ToolOptions<I, O>['run'],
    options: Omit<ToolOptions<I, O>, 'run' | 'name'>,
  ): Tool<I, O> {
    if (typeof run !== 'function' || run.name === '') {
      throw new BraidError(
        'invalid_request',
        'expected a function with a name, which the tool takes; got one without: use tool({ name, … })',
      )
    }
    return new Tool({ ...options, name: run.name, run })
  }

  readonly name: string
  readonly description: string
  /** Takes anything, and says whether it is what `run` takes. */
  readonly input: Schema
  /** @internal What it does, for input that its schema put out. */
  readonly work: (input: I, context: ToolContext) => O | Promise<O> | AsyncGenerator<unknown, O>
  /** @internal Whether a person is asked before it runs on this. */
  readonly asks: (input: I) => boolean
  /** May start while the model is still talking. */
  readonly safe: boolean
  /** Never runs again once its result is in the store. */
  readonly once: boolean
  /** Milliseconds that one call may take. */
  readonly timeout: number | undefined

  /** Throws `invalid_request` for options that make no tool. */
  constructor(options: ToolOptions<I, O>) {
    checkTool(options)
    const { name, description, input, run, approval = false, safe = false, once = false, timeout } = options
    this.name = name
    this.description = description
    this.input = input
    this.work = run
    this.asks = typeof approval === 'function' ? approval : () => approval
    this.safe = safe
    this.once = once
    this.timeout = timeout
    Object.freeze(this)
  }

  /**
   * Runs it as an operation would, without a model: checks the input, passes over what a generator yields, and resolves to the result. Asks nobody for
   * approval. Rejects with `invalid_tool_input`, naming the fields; with `timeout`; with the signal's reason; and with whatever it throws.
   *
   * @example
   * const sum = await add.run({ a: 1, b: 2 })
   */
  async run(input: I, context: Partial<ToolContext> = {}): Promise<O> {
    checkKnown(context, CONTEXT, { of: "a tool's run" })
    const { signal, toolCallId = newId(), idempotencyKey = toolCallId } = context
    checkSignal(signal)
    signal?.throwIfAborted()
    const checked = (await checkedInput(this, input)) as I
    const controller = new AbortController()
    const stop = (reason: unknown): void => controller.abort(reason)
    const unlink = signal ? onAbort(signal, stop) : () => {}
    const timer = this.timeout === undefined ? undefined : setTimeout(() => stop(tookTooLong(this)), this.timeout)
    try {
      const made = this.work(checked, { signal: controller.signal, toolCallId, idempotencyKey })
      return await abortable(resultOf(made, controller.signal), controller.signal)
    } finally {
      clearTimeout(timer)
      unlink()
    }
  }
}

const CONTEXT = { signal: true, toolCallId: true, idempotencyKey: true } satisfies Known<ToolContext>

/** @internal What a call that its tool's `timeout` ended is told. */
export function tookTooLong({ name, timeout }: Tool): BraidError {
  return new BraidError('timeout', `the tool "${name}" took longer than the ${timeout} ms that a call of it may take`)
}

/** Whether a tool reports progress. */
export function isProgressing<O>(made: unknown): made is AsyncGenerator<unknown, O> {
  return typeof made === 'object' && made !== null && Symbol.asyncIterator in made && 'next' in made
}

async function resultOf<O>(made: O | Promise<O> | AsyncGenerator<unknown, O>, signal: AbortSignal): Promise<O> {
  if (!isProgressing<O>(made)) return made
  for (;;) {
    const next = await made.next()
    if (next.done) return next.value
    if (signal.aborted) await made.return(undefined as never)
    signal.throwIfAborted()
  }
}

/**
 * A tool. Its input is typed by its schema.
 *
 * @example
 * const weather = tool({
 *   name: 'weather',
 *   description: 'The weather in a city, now',
 *   input: z.object({ city: z.string() }),
 *   run: async ({ city }, { signal }) => (await fetch(`https://wttr.in/${city}?format=j1`, { signal })).json(),
 * })
 */
export function tool<I, O>(options: ToolOptions<I, O>): Tool<I, O> {
  return new Tool(options)
}

function checkTool(options: { readonly [K in keyof ToolOptions<never, unknown>]: unknown }): void {
  checkKnown(options, OPTIONS, { of: 'a tool' })
  const refuse = (wanted: string): never => {
    throw new BraidError('invalid_request', `expected ${wanted}`)
  }
  const { name, description, input, run, timeout } = options as Partial<Record<keyof typeof OPTIONS, unknown>>
  // What every provider accepts: https://platform.openai.com/docs/api-reference/chat/create, `tools.function.name`.
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    refuse(`a tool's \`name\` to be letters, digits, _ and -, 64 of them at most; got ${JSON.stringify(name)}`)
  }
  if (typeof description !== 'string') refuse(`the \`description\` of the tool "${name}" as a text`)
  if (!isSchema(input)) {
    refuse(`the \`input\` of the tool "${name}" to be a Standard Schema, such as z.object({ … }), or jsonSchema({ … })`)
  }
  if (typeof run !== 'function') refuse(`\`run\` of the tool "${name}" to be a function`)
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    refuse(`the \`timeout\` of the tool "${name}" in milliseconds, more than 0`)
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof (value as Partial<Schema> | undefined)?.['~standard']?.validate === 'function'
}
