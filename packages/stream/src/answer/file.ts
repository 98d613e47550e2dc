import type { FilePart } from '@braid/core'

const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?;base64,/

/** A file from its bytes in base64, from a `data:` address, or from an address elsewhere. */
export function readFile(mediaType: string, data: string, url: string): FilePart {
  if (data !== '') return { type: 'file', mediaType: mediaType || UNKNOWN, bytes: Buffer.from(data, 'base64') }
  const head = DATA_URL.exec(url)
  if (!head) return { type: 'file', mediaType: mediaType || UNKNOWN, url }
  return {
    type: 'file',
    mediaType: mediaType || head[1] || UNKNOWN,
    bytes: Buffer.from(url.slice(head[0].length), 'base64'),
  }
}

const UNKNOWN = 'application/octet-stream'
