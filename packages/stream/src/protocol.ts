import type { FinishReason } from '@braid/core'
import type { AnswerRules } from './answer/answer.ts'
import { compileUsage } from './answer/usage-reader.ts'
import { compileFrameReader, type FrameReader } from './frame-reader.ts'
import type { ManifestData } from './manifest-data.ts'
import { compileProgram, type Program } from './mapper/program.ts'

/** A manifest, compiled: what reads a frame of a stream, and what reads a plain answer. */
export interface Protocol extends AnswerRules {
  /** From the wire's text to a frame. */
  readonly read: FrameReader
  readonly frame: Program
  readonly response: Program
}

/** Throws `invalid_manifest`, naming the rule that cannot be read. */
export function compileProtocol(data: ManifestData): Protocol {
  const frame = compileProgram(data, data.streaming.event_map, 'streaming.event_map', data.streaming.frame_selector)
  return {
    data,
    usage: compileUsage(data.usage),
    finishReasons: new Map<string, FinishReason>(Object.entries(data.termination.mapping)),
    read: compileFrameReader(data.streaming.decoder),
    frame,
    response: data.response ? compileProgram(data, data.response.event_map, 'response.event_map') : frame,
  }
}
