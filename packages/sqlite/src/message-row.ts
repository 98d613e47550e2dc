import { type Content, decode, encode, Message } from '@braid/core'

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

export const MESSAGE_COLUMNS = 'id, role, status, sender, recipient, created_at, content, metadata'

export function toMessageRow(message: Message): MessageRow {
  return {
    id: message.id,
    role: message.role,
    status: message.status,
    sender: message.sender ?? null,
    recipient: message.recipient ?? null,
    created_at: message.createdAt.toISOString(),
    content: encode(message.content).text,
    metadata: Object.keys(message.metadata).length === 0 ? null : encode(message.metadata).text,
  }
}

export function fromMessageRow(row: MessageRow): Message {
  return new Message({
    id: row.id,
    status: row.status as Message['status'],
    createdAt: new Date(row.created_at),
    content: decode(row.content) as Content,
    ...(row.sender === null ? {} : { sender: row.sender }),
    ...(row.recipient === null ? {} : { recipient: row.recipient }),
    ...(row.metadata === null ? {} : { metadata: decode(row.metadata) as Message['metadata'] }),
  })
}
