import type { ReceivedRequest } from './request.ts'
import type { Delivery, Reply, ReplyOptions } from './script.ts'

/**
 * Pace and fault are those of every reply that does not say otherwise.
 *
 * @example
 * await startProviderServer({ reply: ({ prompt }) => `You said ${prompt}`, interval: 5, requireKey: true })
 */
export interface ProviderServerOptions extends Delivery {
  /** What requests get that no scripted reply is for. Default: one sentence that names the model and repeats what the user said. */
  readonly reply?: Reply
  /** Answers 401 to requests without a key; with a string, to those without this one. Default: false. */
  readonly requireKey?: boolean | string
  /** Default: any free one. */
  readonly port?: number
}

/** A provider on this machine. Made by {@link startProviderServer}. */
export interface ProviderServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a path. */
  readonly url: string
  readonly port: number
  /**
   * Scripts what the next request is answered, or, with `model` and `when`, the next one of those; with `times`, so many. Replies
   * are taken in the order they were added. Throws `not_found` for a recording that cannot be read.
   *
   * @example
   * server.reply('Hello')
   * server.reply({ toolCalls: [{ toolName: 'weather', input: { city: 'Oslo' } }] }, { model: 'gpt-4o-mini' })
   * server.reply((request) => `You said ${request.prompt}`, { times: Infinity })
   * server.reply({ status: 429, retryAfter: 2 })
   * server.reply('Hello', { fault: { type: 'reset' }, when: (request) => request.api === 'gemini' })
   */
  reply(reply: Reply, options?: ReplyOptions): this
  /**
   * Scripts recorded bytes, sent as they are, whatever the request asked for and whichever its path. They are guessed to be what the
   * file's ending or their beginning says, unless `contentType` is given.
   *
   * @example
   * server.replay('streams/long-answer.sse', { interval: 2, cut: { seed: 1 } })
   */
  replay(recording: string | URL | Uint8Array, options?: ReplyOptions & { readonly contentType?: string }): this
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** Replies that the script still has; those with `times: Infinity` are not counted. */
  readonly unused: number
  /** Connections accepted, ever. */
  readonly connections: number
  /** Connections open now, idle ones included. */
  readonly openSockets: number
  /** Requests whose answers are on their way now. */
  readonly active: number
  /** The most that were on their way at once. */
  readonly peakActive: number
  /**
   * Resolves when the condition is true of this server: looked at now, and whenever a connection opens or closes, a request arrives or
   * ends, or bytes are written. Rejects when the server closes before.
   *
   * @example
   * await server.until(({ requests }) => requests.length === 3)
   * await server.until(({ openSockets }) => openSockets === 0)
   */
  until(condition: (server: ProviderServer) => boolean): Promise<void>
  /** Resolves when no answer is on its way. Connections may still be open, waiting for the next request. */
  whenIdle(): Promise<void>
  /**
   * From now on neither the server nor its connections keep the process alive: a program that has nothing else to do ends, also without
   * `close()`. An answer that a client waits for is still delivered, for the client keeps the process.
   *
   * @example
   * const { url } = (await startProviderServer()).unref() // for a script that runs to its end
   */
  unref(): this
  /** Ends all connections and resolves when they are gone. Idempotent; nothing of it keeps the process alive afterwards. */
  close(): Promise<void>
}
