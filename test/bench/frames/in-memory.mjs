import { createPipeline, family } from '@braid/stream'
import { FAMILIES } from './families.mjs'
import { perFrame } from './per-frame.mjs'
import { scanner } from './scan.mjs'
import { cut } from './wires.mjs'

/** From bytes that are there already, read as an async iterable: by the pipeline, or by the hand-written scan. */
export default function measure(input) {
  const { wire, words, each, reader } = input
  const pieces = cut(wire, words, each)
  const manifest = family(FAMILIES[wire])
  const read = reader === 'pipeline' ? () => pipeline(manifest, source(pieces)) : () => scan(wire, source(pieces))
  return perFrame(input, read)
}

async function pipeline(manifest, bytes) {
  const pipeline = createPipeline(manifest)
  let words = 0
  for await (const each of bytes) words += deltas(pipeline.push(each))
  return words + (pipeline.complete ? 0 : deltas(pipeline.end()))
}

function deltas(chunks) {
  let count = 0
  for (const chunk of chunks) if (chunk.type === 'text-delta') count += 1
  return count
}

async function scan(wire, bytes) {
  const scan = scanner(wire)
  let words = 0
  for await (const each of bytes) words += scan(each)
  return words
}

async function* source(pieces) {
  for (const bytes of pieces) yield bytes
}
