/** What a client understood of one answer, in words that all of them have. */
export interface Hearing {
  /** What it threw instead of coming to an end. */
  readonly error?: unknown
  /** By the candidate's index. */
  readonly choices: Readonly<Record<number, Choice>>
  /** The provider's usage object, as far as this client keeps it. */
  readonly usage: unknown
  readonly counts: Counts
}

/** What is absent, the client has no word for, or had none when it failed. */
export interface Choice {
  readonly text: string
  readonly reasoning?: string
  readonly refusal?: string
  readonly calls?: readonly Call[]
  /** As on the wire; null where none came. */
  readonly finishReason?: string | null
}

export interface Call {
  /** Absent where the provider gave none. */
  readonly id?: string
  readonly name: string
  /** Parsed; the text itself where it does not parse. */
  readonly input: unknown
  /** Whether the provider runs it itself. */
  readonly theirs: boolean
}

/** Token counts: null where none came, absent where the client has no word for them. */
export interface Counts {
  readonly input?: number | null
  readonly output?: number | null
  readonly total?: number | null
  readonly cached?: number | null
  readonly cacheWrite?: number | null
  readonly reasoning?: number | null
}

export function countsOf(counts: { readonly [K in keyof Counts]: number | null | undefined }): Counts {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count ?? null]))
}

/** The arguments of a call whose SDK leaves them as text. No text at all is a call without arguments. */
export function parsed(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
