import {
  BraidError,
  type BranchRecord,
  type BranchWindow,
  checkKnown,
  type Known,
  type Message,
  type MessageLike,
  newId,
  toMessage,
} from '@braid/core'
import { lastingWindow } from '../windows/check-window.ts'
import { allowList } from './access.ts'

export interface BranchOptions {
  /** Default: `branch`, or a free one of `branch-2`, `branch-3`, …. */
  name?: string
  /** Said to the model before everything else. */
  system?: string
  /** The models and tools that may be used on it, by name. Default: all; a fork's default: as its parent. `[]` allows none. */
  resources?: readonly string[]
  /** The top-level fields that structured answers on it may have. Default: all; a fork's default: as its parent. `[]` allows none. */
  capabilities?: readonly string[]
  /** What of it is sent to a model, where an operation does not say. Default: all; a fork's default: as its parent. It stays as it is. */
  window?: BranchWindow
}

export interface MessagesQuery {
  /** The last so many. */
  last?: number
  /** Those before, or after, this message. */
  before?: Message
  after?: Message
}

/** What a fork may have of its own, and where it begins. */
export interface ForkOptions extends Omit<BranchOptions, 'name'> {
  /** The last message that is shared. Default: the last one there is. */
  at?: Message
  /** The first message that is not shared any more, instead of `at`: to say that one otherwise, or to have it answered again. */
  before?: Message
}

/** A branch that another one comes from. */
export interface Ancestor {
  /** Its name. */
  readonly branch: string
  /** The id of the last message that is shared with it; absent where none is. */
  readonly at?: string
}

/** A named line of conversation: an ordered list of messages, which may share its past with others. */
export interface Branch {
  /** As it was last heard of: somebody else may have renamed it since. */
  readonly name: string
  /** Whether it was put away when it was last heard of. */
  readonly archived: boolean
  /** The models and tools that may be used on it; undefined where all may. What is forbidden fails with `access_denied` before it begins. */
  readonly resources: readonly string[] | undefined
  /** The top-level fields that structured answers on it may have; undefined where they may have any. */
  readonly capabilities: readonly string[] | undefined
  /** What of it is sent to a model; undefined where it is all. */
  readonly window: BranchWindow | undefined
  /** Its messages in order, the system message first. */
  messages(query?: MessagesQuery): Promise<readonly Message[]>
  /** Puts messages at the end. A message may be on several branches; it is stored once. */
  append(...messages: MessageLike[]): Promise<void>
  /**
   * A new branch with this one's past, up to and including `at` or up to `before` (default: all of it), and with its system message, its allow-lists
   * and its window unless told otherwise. One row, whatever the length. Without a name it is called after this one. Throws `duplicate_branch` when the
   * name is taken, `unknown_message` when the message is not here.
   *
   * @example
   * const other = await chat.fork('chat-2', { before: question }) // to ask otherwise, or again
   * await session.conduct('communicate', other, { instruction: 'In one sentence: what is SSE?' })
   */
  fork(name?: string, options?: ForkOptions): Promise<Branch>
  /** Where it comes from: its parent first, then that one's parent, and so on up to one that is no fork, or whose parent was deleted. */
  lineage(): Promise<readonly Ancestor[]>
  /** Another system message, or none, from now on; forks that were made before keep theirs. */
  setSystem(text: string | undefined): Promise<void>
  /** Another name; the old one is free. Throws `duplicate_branch` when it is taken. */
  rename(name: string): Promise<void>
  /** Puts it away: it stays as it is and is found by its name, but `session.branches()` does not list it. */
  archive(): Promise<void>
  /** Takes it out again. */
  unarchive(): Promise<void>
  /**
   * It is gone, and its name free. A message that another branch has stays, so forks keep their past; one that nobody has any more goes when
   * the session is pruned.
   */
  delete(): Promise<void>
}

const LASTING = { system: true, resources: true, capabilities: true, window: true } as const
const FORK = { ...LASTING, at: true, before: true } satisfies Known<ForkOptions>
const OPTIONS = { name: true, ...LASTING } satisfies Known<BranchOptions>
const QUERY = { last: true, before: true, after: true } satisfies Known<MessagesQuery>

/** Throws `invalid_request`. */
export function checkBranchOptions(options: BranchOptions): void {
  checkKnown(options, OPTIONS, { of: 'createBranch' })
  if (options.name !== undefined) checkBranchName(options.name)
}

/** Throws `invalid_request`. */
export function checkForkOptions(name: string | undefined, options: ForkOptions): void {
  if (name !== undefined) checkBranchName(name)
  checkKnown(options, FORK, { of: 'fork' })
  if (options.at === undefined || options.before === undefined) return
  throw new BraidError(
    'invalid_request',
    'expected one of `at` and `before` for a fork, which begins in one place; got both',
  )
}

/** Throws `invalid_request`. */
export function checkQuery(query: MessagesQuery): void {
  checkKnown(query, QUERY, { of: 'messages' })
  if (query.last === undefined || (Number.isInteger(query.last) && query.last >= 0)) return
  throw new BraidError('invalid_request', `expected \`last\` to be how many messages, from 0; got ${query.last}`)
}

/** Throws `invalid_request`. */
export function checkBranchName(name: unknown): void {
  if (typeof name === 'string' && name.trim() !== '') return
  throw new BraidError(
    'invalid_request',
    `expected the name of a branch, a text that is not empty; got ${typeof name === 'string' ? 'an empty one' : typeof name}`,
  )
}

/** Throws `invalid_request` for allow-lists and windows that are none. */
export function newBranch(name: string, options: Omit<BranchOptions, 'name'> = {}): BranchRecord {
  return { ...told(options), id: newId(), name, createdAt: new Date() }
}

/** What of a record the options say. */
export function told(
  options: Omit<BranchOptions, 'name'>,
): Pick<BranchRecord, 'system' | 'resources' | 'capabilities' | 'window'> {
  const { system, resources, capabilities, window } = options
  return {
    ...(system === undefined ? {} : { system: systemOf(system) }),
    ...(resources === undefined ? {} : { resources: allowList(resources, 'resources') }),
    ...(capabilities === undefined ? {} : { capabilities: allowList(capabilities, 'capabilities') }),
    ...(window === undefined ? {} : { window: lastingWindow(window) }),
  }
}

export function systemOf(text: string): Message {
  return toMessage({ role: 'system', content: text })
}
