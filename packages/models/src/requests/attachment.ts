import { BraidError, type FilePart } from '@braid/core'

/** A file as requests carry it: its bytes, in base64, or where it is. */
export interface Attachment {
  readonly mediaType: string
  readonly base64?: string
  readonly url?: string
}

/** Throws `invalid_request` for a file with neither bytes nor an address, or whose `data:` address is none. */
export function attachmentOf({ mediaType, bytes, url }: FilePart): Attachment {
  if (bytes !== undefined) {
    return { mediaType, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
  }
  if (url?.startsWith('data:')) {
    const [, said = '', base64] = /^data:([^;,]*)(?:;[^,]*)?;base64,(.*)$/s.exec(url) ?? []
    if (base64 !== undefined) return { mediaType: mediaType || said, base64 }
  } else if (url !== undefined && url !== '') return { mediaType, url }
  throw new BraidError(
    'invalid_request',
    `expected a file of type ${mediaType} with \`bytes\`, or a \`url\` (a data: one in base64); got neither`,
  )
}

export function dataUrl({ mediaType, base64 }: Attachment): string | undefined {
  return base64 === undefined ? undefined : `data:${mediaType};base64,${base64}`
}

/** Where it is, or all of it as an address. */
export function addressOf(attachment: Attachment): string {
  return attachment.url ?? dataUrl(attachment) ?? ''
}

/** A name for it, where an API wants one: `file-2.pdf`. */
export function nameOf({ mediaType }: Attachment, place: number): string {
  return `file-${place + 1}.${/\/([a-z0-9]+)/.exec(mediaType)?.[1] ?? 'bin'}`
}

/** What a file of a type that an API does not take throws. */
export function refused(provider: string, { mediaType, url }: Attachment, takes: string): BraidError {
  return new BraidError(
    'unsupported_parameter',
    `expected files that ${provider} takes (${takes}); got one of type ${mediaType}${url === undefined ? '' : ' by its address'}. Leave it out, or say in text what it shows`,
  )
}
