/** What is sent. The path begins with a slash and carries the query. */
export interface HttpRequest {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds to connect in, TLS included; 0 for no limit. */
  readonly connectTimeout: number
}
