import { BraidError } from '@braid/core'

/** What is read of a `fetch` Response, of whichever implementation. */
export interface ResponseLike {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: WebStream | null
}

interface WebStream {
  getReader(): WebReader
}

interface WebReader {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>
  cancel(): Promise<unknown>
}

/** A source that is there: bytes in whatever container, or events that somebody else has decoded. */
export type HeldSource =
  | AsyncIterable<Uint8Array | string>
  | AsyncIterable<object>
  | Iterable<Uint8Array>
  | Uint8Array
  | WebStream
  | ResponseLike

/** A source, or the promise of one, such as `fetch(…)` gives it. */
export type StreamSource = HeldSource | PromiseLike<HeldSource>

/** Pieces of a source. `close` may come at any moment, also while `next` is pending, and resolves when the source is closed. */
export interface Feed {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  close(): Promise<void>
}

/** Throws `invalid_request` for what is no source, `already_read` for one that somebody else reads. */
export function feedOf(source: Exclude<HeldSource, ResponseLike>): Feed {
  if (source instanceof Uint8Array) return feedOf([source])
  if ('getReader' in source) return webFeed(source)
  if (Symbol.asyncIterator in source) {
    return isNodeStream(source) ? nodeFeed(source) : iteratorFeed(source[Symbol.asyncIterator]())
  }
  if (Symbol.iterator in source) return iteratorFeed(source[Symbol.iterator]())
  throw new BraidError(
    'invalid_request',
    'expected bytes, a Response, a Node or web stream, or an iterable of events; got an object that is none of them',
  )
}

export function isResponse(source: HeldSource): source is ResponseLike {
  return 'status' in source && 'headers' in source && 'body' in source
}

function webFeed(stream: WebStream): Feed {
  let reader: WebReader
  try {
    reader = stream.getReader()
  } catch (error) {
    throw new BraidError('already_read', 'expected a stream that nobody reads; this one has a reader', { cause: error })
  }
  return {
    next: () => reader.read(),
    // A stream that failed is closed, and says so by rejecting.
    close: () => reader.cancel().then(nothing, nothing),
  }
}

interface NodeStream extends AsyncIterable<unknown> {
  readonly closed: boolean
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

function isNodeStream(source: object): source is NodeStream {
  return 'destroy' in source && 'once' in source && 'closed' in source
}

/** Its iterator is a generator: `return()` would wait behind a read that is pending, `destroy()` does not. */
function nodeFeed(stream: NodeStream): Feed {
  const iterator = stream[Symbol.asyncIterator]()
  return {
    next: () => iterator.next(),
    close: async () => {
      if (stream.closed) return
      const closed = new Promise<void>((resolve) => stream.once('close', resolve))
      stream.destroy()
      await closed
    },
  }
}

/** A foreign iterator that is waiting cannot be made to stop; it is told, and not waited for. */
function iteratorFeed(iterator: AsyncIterator<unknown> | Iterator<unknown>): Feed {
  let pending = false
  return {
    next: async () => {
      pending = true
      try {
        return await iterator.next()
      } finally {
        pending = false
      }
    },
    close: async () => {
      const closing = Promise.resolve(iterator.return?.()).then(nothing, nothing)
      if (!pending) await closing
    },
  }
}

function nothing(): void {}
