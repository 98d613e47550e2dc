import { BraidError, type FilePart } from '@braid/core'

export type Given = Readonly<Record<string, unknown>>

/** What somebody else wrote, looked at part by part. `place` says where it is: `messages[3]`. Nothing of what is in it is shown. */
export function objectAt(value: unknown, place: string): Given {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Given
  throw refused(place, 'an object', value)
}

export function listAt(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw refused(place, 'a list', value)
}

export function textAt(value: unknown, place: string): string {
  if (typeof value === 'string') return value
  throw refused(place, 'a text', value)
}

/** A text, or parts of which only the text ones are looked at. */
export function textOf(content: unknown, place: string): string {
  if (typeof content === 'string') return content
  return listAt(content, place)
    .map((part, index) => {
      const { type, text } = objectAt(part, `${place}[${index}]`)
      if (type !== 'text') throw unknown(`${place}[${index}]`, type)
      return textAt(text, `${place}[${index}].text`)
    })
    .join('\n\n')
}

export function unknown(place: string, type: unknown): BraidError {
  return refused(place, 'something that a message can hold', typeof type === 'string' ? { type } : type)
}

function refused(place: string, expected: string, got: unknown): BraidError {
  const type = typeof got === 'object' && got !== null && 'type' in got ? `\`${String(got.type)}\`` : undefined
  const what = type ?? (Array.isArray(got) ? 'a list' : got === null ? 'null' : typeof got)
  return new BraidError(
    'invalid_request',
    `expected ${expected} at ${place} of the messages; got ${what}. Leave out what cannot be kept`,
  )
}

/** A file by its address, or its bytes where the address holds them. */
export function fileAt(url: string, mediaType = typeOf(url)): FilePart {
  const [, said, base64] = /^data:([^;,]*)(?:;[^,]*)?;base64,(.*)$/s.exec(url) ?? []
  if (base64 === undefined) return { type: 'file', mediaType, url }
  return { type: 'file', mediaType: said || mediaType, bytes: bytesOf(base64) }
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
}

/** An address does not say it but by its end. */
function typeOf(url: string): string {
  return TYPES[/\.([a-z]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''] ?? 'image/jpeg'
}
