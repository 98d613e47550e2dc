import { BraidError } from '@braid/core'
import { DECODER_FORMATS, type ManifestSource } from '../manifest-data.ts'
import type { Choice } from './choice.ts'
import type { Upstream } from './document.ts'
import type { Draft } from './draft.ts'
import { rootedCondition } from './expression.ts'
import type { Remarks } from './remarks.ts'
import type { RuleReader } from './rules.ts'

type Decoder = ManifestSource['streaming']['decoder']

/** How bytes are cut into frames. Throws `invalid_manifest`, naming the field, for what Braid does not have. */
export function decoderOf(document: Upstream, { because, family }: Choice, remarks: Remarks): Decoder {
  const { decoder } = document.streaming
  const theirs = family.streaming.decoder
  const format = decoder.format ?? theirs.format
  if (!isFormat(format))
    throw wrong(document, 'streaming.decoder.format', `one of ${DECODER_FORMATS.join(', ')}; got \`${format}\``)
  if (decoder.prefix !== undefined && decoder.prefix.trim() !== 'data:' && decoder.prefix !== '')
    throw wrong(
      document,
      'streaming.decoder.prefix',
      `\`data: \`, as server-sent events have it; got ${JSON.stringify(decoder.prefix)}`,
    )
  if (decoder.delimiter !== undefined && !/^(\r?\n|\\r?\\n|\\n){1,2}$/.test(decoder.delimiter))
    throw wrong(
      document,
      'streaming.decoder.delimiter',
      `line ends, as server-sent events and JSON lines have them; got ${JSON.stringify(decoder.delimiter)}`,
    )
  if (
    decoder.strategy !== undefined &&
    !because?.startsWith('streaming.decoder.strategy') &&
    !/^(sse|json|ndjson|line|data|event)/.test(decoder.strategy)
  )
    remarks.add('unused', 'streaming.decoder.strategy', `\`${decoder.strategy}\` is none that Braid knows`)
  const moved = format === 'cohere_native' && theirs.format === 'sse'
  if (moved)
    remarks.add(
      'overruled',
      'streaming.decoder.format',
      'the second version of the API sends server-sent events, not lines',
    )
  const done_signal = decoder.done_signal === undefined ? theirs.done_signal : decoder.done_signal || undefined
  return { ...theirs, format: moved ? theirs.format : format, ...(done_signal === undefined ? {} : { done_signal }) }
}

function isFormat(format: string): format is Decoder['format'] {
  return (DECODER_FORMATS as readonly string[]).includes(format)
}

/** Wide enough for the family's frames as well: a selector that leaves out errors would leave them unsaid. */
export function selectorOf(document: Upstream, { family, because }: Choice, reader: RuleReader, remarks: Remarks) {
  const said = document.streaming.frame_selector
  const theirs = family.streaming.frame_selector
  if (said === undefined) return theirs === undefined || because === undefined ? {} : { frame_selector: theirs }
  if (because !== undefined && theirs === undefined) {
    if (!said.includes('error'))
      remarks.add(
        'overruled',
        'streaming.frame_selector',
        'it leaves out errors; every frame that a rule knows is read',
      )
    return {}
  }
  const own = reader.general(rootedCondition(said))
  return { frame_selector: `${own} || ${theirs ?? 'exists($.error)'}` }
}

/** What its stream ends with: what it says itself, else its family's end. */
export function completionOf(
  document: Upstream,
  { family, because }: Choice,
  added: readonly Draft[],
): ManifestSource['streaming']['completion'] {
  if (added.some(({ rule }) => rule.emit === 'StreamEnd')) return 'stop_event'
  if (added.some(({ rule }) => rule.emit === 'FinalCandidate')) return 'finish_reason'
  const ofItsOwn = because === undefined && added.some(({ concern }) => concern === 'text')
  return ofItsOwn && !document.streaming.decoder.done_signal ? 'clean_end' : family.streaming.completion
}

function wrong(document: Upstream, field: string, expected: string): BraidError {
  return new BraidError(
    'invalid_manifest',
    `${document.id}: the manifest's field ${field} is wrong: expected ${expected}.`,
  )
}
