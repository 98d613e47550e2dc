/** What a person said to a call that asks first. */
export type Decision = { readonly approved: true } | { readonly approved: false; readonly reason?: string }

/** Where calls wait for a person. */
export interface Approvals {
  /** Begins to wait. `forget` ends that without an answer. */
  request(): { readonly id: string; readonly decision: Promise<Decision>; forget(): void }
}
