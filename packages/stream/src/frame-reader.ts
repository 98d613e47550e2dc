import type { ManifestData } from './manifest-data.ts'
import { compilePath } from './mapper/program.ts'

/** Makes a frame of what the wire carried. Undefined where its text is not what the manifest says. */
export type FrameReader = (text: string, event: string | undefined) => object | undefined

/** Compiles how a manifest's frames are read: as JSON, by the names of their events, or as what is wrapped inside them. */
export function compileFrameReader(decoder: ManifestData['streaming']['decoder']): FrameReader {
  const { by_event, format, inner, text_events } = decoder
  const outer = by_event || format === 'aws_eventstream' ? byEvent(new Set(text_events)) : objectOf
  if (!inner) return outer
  const get = compilePath(inner.path)
  const unwrap = inner.holds === 'json' ? jsonOf : textOf
  return (text, event) => {
    const frame = outer(text, event)
    const carried = frame && get(frame)
    return frame && typeof carried === 'string' ? unwrap(frame, Buffer.from(carried, 'base64').toString('utf8')) : frame
  }
}

/** `{ name: data }`. An event without data is there nonetheless. */
function byEvent(textEvents: ReadonlySet<string>): FrameReader {
  return (text, event) => {
    if (event === undefined) return objectOf(text)
    if (textEvents.has(event)) return { [event]: text }
    const data = text === '' ? {} : objectOf(text)
    return data && { [event]: data }
  }
}

function jsonOf(_frame: object, carried: string): object | undefined {
  return objectOf(carried)
}

function textOf(frame: object, carried: string): object {
  return { ...frame, text: carried }
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
