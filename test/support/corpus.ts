import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A folder of streams: `manifest.json` lists them, `expected.json` says what a correct reader arrives at. */
export interface Corpus {
  readonly cases: readonly StreamCase[]
  expected(streamCase: StreamCase): Expected
  bytes(streamCase: StreamCase): Uint8Array
}

export interface StreamCase {
  readonly id: string
  readonly file: string
  readonly provider: string
  readonly api: string
  readonly wire: 'sse' | 'jsonl' | 'eventstream' | 'json-array'
  readonly bytes: number
  readonly features: readonly string[]
  readonly quirks: readonly string[]
}

export interface Expected {
  readonly api: string
  readonly choices: Readonly<Record<string, ExpectedChoice>>
  readonly usage: unknown
  /** Absent where the stream does not name it. */
  readonly model?: string
  /** What the provider reported in mid-stream. */
  readonly errors?: readonly unknown[]
  readonly error_code?: string
  readonly truncated?: boolean
  readonly signatures?: readonly string[]
  readonly thought_signatures?: number
  readonly redacted_thinking?: readonly string[]
  readonly citations?: number
  readonly reasoning_details_text?: string
  /** Of this stream only the frames are known: how many there are, and by the name of the event. */
  readonly framing_only?: boolean
  /** More than one reading is right; where fields are named, they are where. */
  readonly ambiguous?: boolean | string | readonly string[]
  readonly frames?: number
  readonly events?: Readonly<Record<string, number>>
  /** The items of a Responses answer, in order. */
  readonly item_types?: readonly string[]
}

export interface ExpectedChoice {
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly tool_calls: readonly ExpectedCall[]
  readonly server_tool_calls?: readonly ExpectedCall[]
  readonly finish_reason: string | null
}

export interface ExpectedCall {
  readonly id: string | null
  readonly name: string
  readonly arguments_raw?: string
  readonly arguments?: unknown
  /** What a custom tool is given: text as it stands, in place of arguments. */
  readonly input?: string
  readonly invalid?: boolean
}

/** Undefined where the folder holds no corpus. */
export function readCorpus(folder: string): Corpus | undefined {
  const lists = [join(folder, 'manifest.json'), join(folder, 'expected.json')]
  if (!lists.every((file) => existsSync(file))) return undefined
  const [cases, expected] = lists.map((file) => JSON.parse(readFileSync(file, 'utf8')) as unknown) as [
    StreamCase[],
    Record<string, Expected>,
  ]
  return {
    cases,
    expected: (streamCase) => expected[streamCase.id]!,
    bytes: (streamCase) => readFileSync(join(folder, streamCase.file)),
  }
}
