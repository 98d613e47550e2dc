import { BraidError, type Change, Message, type OperationRecord, type Outcome, type Store } from '@braid/core'

export type Redact = (message: Message) => Message

/**
 * The same store, which is given messages as `redact` leaves them. It is the only way there, so that no message goes past it. Throws what is
 * wrong at the write: `operation_failed` where `redact` threw, `invalid_request` for what is no message with the same id.
 */
export function redacting(store: Store, redact: Redact): Store {
  const changed = (change: Change): Change => redacted(change, (message) => apply(redact, message))
  return {
    version: store.version,
    ...(store.runs === undefined ? {} : { runs: store.runs }),
    ...(store.care === undefined ? {} : { care: store.care }),
    session: () => store.session(),
    write: async (changes) => store.write(changes.map(changed)),
    branches: () => store.branches(),
    branch: (name) => store.branch(name),
    length: (branchId) => store.length(branchId),
    messages: (branchId, query) => store.messages(branchId, query),
    position: (branchId, messageId) => store.position(branchId, messageId),
    search: (words, query) => store.search(words, query),
    close: () => store.close(),
  }
}

function redacted(change: Change, redact: Redact): Change {
  switch (change.type) {
    case 'append':
      return { ...change, messages: change.messages.map(redact) }
    case 'branch': {
      const { system } = change.branch
      return system === undefined ? change : { ...change, branch: { ...change.branch, system: redact(system) } }
    }
    case 'branch-system':
      return change.system === undefined ? change : { ...change, system: redact(change.system) }
    case 'memo':
      return { ...change, memo: { ...change.memo, value: withoutSecretsIn(change.memo.value, redact) } }
    case 'operation':
      return { ...change, operation: withoutSecrets(change.operation, redact) }
    case 'session':
    case 'branch-name':
    case 'branch-archived':
    case 'branch-deleted':
    case 'run':
    case 'lease':
    case 'holds':
    case 'log':
    case 'log-packed':
    case 'request':
      return change
    default:
      return change satisfies never
  }
}

/** The messages that an attempt in another process goes on from. */
function withoutSecretsIn(value: unknown, redact: Redact): unknown {
  if (typeof value !== 'object' || value === null || !('messages' in value) || !Array.isArray(value.messages))
    return value
  return { ...value, messages: value.messages.map((each: unknown) => (each instanceof Message ? redact(each) : each)) }
}

/** What had come of an answer. Where it cannot be redacted it is left out: that the operation ended is still worth knowing. */
function withoutSecrets(operation: OperationRecord, redact: Redact): OperationRecord {
  const { outcome } = operation
  if (outcome === undefined || !('partial' in outcome) || outcome.partial === undefined) return operation
  const { partial, ...rest } = outcome
  try {
    return { ...operation, outcome: { ...rest, partial: redact(partial) } }
  } catch {
    return { ...operation, outcome: rest as Outcome }
  }
}

function apply(redact: Redact, message: Message): Message {
  let left: Message
  try {
    left = redact(message)
  } catch (error) {
    throw new BraidError(
      'operation_failed',
      `\`redact\` threw for a message of role ${message.role}, which was not written; its cause says why`,
      { cause: error },
    )
  }
  if (left instanceof Message && left.id === message.id) return left
  throw new BraidError(
    'invalid_request',
    `expected \`redact\` to return a Message with the id of the one that it was given; got ${left instanceof Message ? 'one with another id' : typeof left}. new Message({ ...message, content }) keeps the id`,
  )
}
