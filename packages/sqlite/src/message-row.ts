import { type Content, decode, encode, Message } from '@braid/core'
import { type Blob, BlobsOfMessage } from './blob.ts'

/** A row of `messages` without its key. The role follows from the content, and is there for people and for indexes. */
export interface MessageRow {
  readonly id: string
  readonly role: string
  readonly status: string
  readonly sender: string | null
  readonly recipient: string | null
  readonly created_at: string
  readonly content: string
  readonly metadata: string | null
}

/** A row to be written, and what its content only names. */
export interface NewMessageRow extends MessageRow {
  readonly blobs: readonly Blob[]
}

export const MESSAGE_COLUMNS = 'id, role, status, sender, recipient, created_at, content, metadata'

/** A row as a list, in the order of {@link MESSAGE_COLUMNS}. */
export type MessageValues = [
  id: string,
  role: string,
  status: string,
  sender: string | null,
  recipient: string | null,
  created_at: string,
  content: string,
  metadata: string | null,
]

export function toRow([id, role, status, sender, recipient, created_at, content, metadata]: MessageValues): MessageRow {
  return { id, role, status, sender, recipient, created_at, content, metadata }
}

/** Throws `file_too_large`. */
export function toMessageRow(message: Message, maxFileBytes: number): NewMessageRow {
  const apart = new BlobsOfMessage(maxFileBytes)
  return {
    id: message.id,
    role: message.role,
    status: message.status,
    sender: message.sender ?? null,
    recipient: message.recipient ?? null,
    created_at: message.createdAt.toISOString(),
    content: encode(message.content, apart.keep).text,
    metadata: Object.keys(message.metadata).length === 0 ? null : encode(message.metadata).text,
    blobs: apart.blobs,
  }
}

/** `bytes` reads what is kept apart. */
export function fromMessageRow(row: MessageRow, bytes: (name: string) => Uint8Array): Message {
  return new Message({
    id: row.id,
    status: row.status as Message['status'],
    createdAt: new Date(row.created_at),
    content: decode(row.content, bytes) as Content,
    ...(row.sender === null ? {} : { sender: row.sender }),
    ...(row.recipient === null ? {} : { recipient: row.recipient }),
    ...(row.metadata === null ? {} : { metadata: decode(row.metadata) as Message['metadata'] }),
  })
}
