import type { ManifestData } from '@braid/stream'
import type { ModelOptions } from '../options.ts'
import type { Toolbox } from './tools.ts'
import type { Turn } from './turn.ts'

type Body = Readonly<Record<string, unknown>>

/** How one API writes what is common to all. */
export interface Encoder {
  /** Of a conversation in which calls have their results; each turn is somebody's, whatever it may be next to. */
  messages(turns: readonly Turn[], context: EncoderContext): Body
  /** What the model may call, and how it is to choose. Nothing where there are no tools. */
  tools(toolbox: Toolbox, data: ManifestData): Body
}

export interface EncoderContext {
  readonly data: ManifestData
  readonly model: string
  /** How long what a prompt begins with is kept, where it is to be marked. */
  readonly cache: ModelOptions['cache']
}
