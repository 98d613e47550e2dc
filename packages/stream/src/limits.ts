/** How much the pipeline holds. */
export interface Limits {
  /**
   * The largest frame, in bytes of its data. Default 8 MiB. A larger one is `frame_too_large`, while it is still
   * arriving: never more than the limit is held.
   */
  readonly frameBytes?: number
}

export const DEFAULT_FRAME_BYTES = 8 * 1024 * 1024
