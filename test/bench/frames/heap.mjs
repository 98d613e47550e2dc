import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createPipeline, family } from '@braid/stream'
import { FAMILIES } from './families.mjs'
import { frames } from './wires.mjs'

/** Bytes of one answer are made as they are read, so that the heap holds what the pipeline keeps and nothing else. */
export default function measure({ wire, looks }) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const pipeline = createPipeline(family(FAMILIES[wire]))
  const heap = {}
  let words = 0
  for (const frame of frames(wire, looks.at(-1))) {
    for (const chunk of pipeline.push(frame)) if (chunk.type === 'text-delta') words += 1
    if (!looks.includes(words) || words in heap) continue
    collect()
    heap[words] = process.memoryUsage().heapUsed / 1e6
  }
  if (words !== looks.at(-1)) throw new Error(`${looks.at(-1)} words were said, and ${words} were read`)
  return heap
}
