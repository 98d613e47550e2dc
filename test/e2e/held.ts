import type { AssistantContent, Message, Session } from 'braid'

/** One answer, as a caller hears it and as a branch keeps it. Plain JSON, so that another process can say it too. */
export interface Answer {
  readonly text: string
  readonly reasoning: string
  /** The provider's own word; null where it never came. */
  readonly finishReason: string | null
  /** The provider's own object; null where it never came. */
  readonly usage: unknown
  /** The files in it, each as how many bytes it has. */
  readonly files: readonly number[]
}

/** What a branch holds: what was asked, and what came. */
export interface Held extends Answer {
  readonly instruction: string
  readonly status: Message['status']
}

/** Every branch of a session by its name. Each is to hold one instruction and one answer, with what the answer called, and nothing else. */
export async function held(session: Session): Promise<Readonly<Record<string, Held>>> {
  const all: Record<string, Held> = {}
  for (const branch of await session.branches()) {
    const messages = await branch.messages()
    const [instruction, answer, ...called] = messages
    const types = called.map(({ content }) => content.type).join()
    if (answer?.content.type !== 'assistant-response' || !['', 'action-request,action-response'].includes(types)) {
      throw new Error(`branch ${branch.name} holds ${messages.map(({ role }) => role).join(', ') || 'nothing'}`)
    }
    all[branch.name] = {
      instruction: instruction?.text ?? '',
      status: answer.status,
      ...answerOf(answer, answer.content),
    }
  }
  return all
}

function answerOf(message: Message, { parts, usage }: AssistantContent): Answer {
  const said = (type: 'reasoning' | 'text') => parts.map((part) => (part.type === type ? part.text : '')).join('')
  return {
    text: said('text'),
    reasoning: said('reasoning'),
    finishReason: (message.metadata['rawFinishReason'] as string | undefined) ?? null,
    usage: usage.raw ?? null,
    files: parts.flatMap((part) => (part.type === 'file' ? (part.bytes?.length ?? 0) : [])),
  }
}
