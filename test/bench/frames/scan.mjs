import { crc32 } from 'node:zlib'
import { WIRES } from './wires.mjs'

/**
 * What one would write by hand for bytes that are known to be right: a scan for the ends of frames, JSON.parse, and the word that is in it.
 * No cut characters, no line ends but LF, no limits, no errors, no state of an answer. Gives how many words a piece completed.
 * @param {string} wire
 * @returns {(bytes: Buffer) => number}
 */
export function scanner(wire) {
  const { wordOf } = WIRES[wire]
  if (wire === 'bedrock') return messages(wordOf)
  return wire === 'ollama' ? lines(wordOf) : events(wordOf)
}

function events(wordOf) {
  let rest = ''
  return (bytes) => {
    const text = rest + bytes.toString('utf8')
    let words = 0
    let from = 0
    for (let to = text.indexOf('\n\n'); to !== -1; to = text.indexOf('\n\n', from)) {
      const data = text.indexOf('data: ', from) + 6
      from = to + 2
      const frame = text.slice(data, to)
      if (frame !== '[DONE]' && wordOf(JSON.parse(frame))) words += 1
    }
    rest = text.slice(from)
    return words
  }
}

function lines(wordOf) {
  let rest = ''
  return (bytes) => {
    const text = rest + bytes.toString('utf8')
    let words = 0
    let from = 0
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      if (wordOf(JSON.parse(text.slice(from, to)))) words += 1
      from = to + 1
    }
    rest = text.slice(from)
    return words
  }
}

/** Both checksums are part of the format. */
function messages(wordOf) {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let words = 0
    let at = 0
    while (all.length - at >= 12) {
      const total = all.readUInt32BE(at)
      if (all.length - at < total) break
      const payload = at + 12 + all.readUInt32BE(at + 4)
      const end = at + total - 4
      if (crc32(all.subarray(at, at + 8)) !== all.readUInt32BE(at + 8)) throw new Error('a wrong checksum')
      if (crc32(all.subarray(at, end)) !== all.readUInt32BE(end)) throw new Error('a wrong checksum')
      if (wordOf(JSON.parse(all.toString('utf8', payload, end)))) words += 1
      at += total
    }
    rest = all.subarray(at)
    return words
  }
}
