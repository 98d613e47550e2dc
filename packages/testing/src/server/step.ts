/** What delivering an answer does next. */
export type Step =
  /** Status line and headers. */
  | { readonly type: 'head' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** Says nothing until then; without it, for as long as the connection lasts. */
  | { readonly type: 'silence'; readonly until: PromiseLike<unknown> | undefined }
  /** Breaks the connection (TCP RST). */
  | { readonly type: 'reset' }

export const HEAD: Step = { type: 'head' }
