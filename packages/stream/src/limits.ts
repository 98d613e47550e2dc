/** How much the pipeline holds. */
export interface Limits {
  /**
   * The largest frame, in bytes of its data. Default 8 MiB. A larger one is `frame_too_large`, while it is still
   * arriving: beside it, at most one network read and 64 KiB of comments and field names are held.
   */
  readonly frameBytes?: number
}

export const DEFAULT_FRAME_BYTES = 8 * 1024 * 1024
