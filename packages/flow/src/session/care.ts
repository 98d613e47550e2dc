import {
  BraidError,
  checkKnown,
  type Known,
  type PruneQuery,
  type SearchQuery,
  type Store,
  type StoreCare,
} from '@braid/core'

const PRUNE = { keep: true, olderThan: true } satisfies Known<PruneQuery>
const SEARCH = { limit: true } satisfies Known<SearchQuery>

/** What can be done to the file of a session. Throws `database_missing` where there is none. */
export function careOf(store: Store, wanted: keyof StoreCare): StoreCare {
  if (store.care) return store.care
  throw new BraidError(
    'database_missing',
    `this session is in memory, where there is nothing to ${WORDS[wanted]}; open one on a file: await Session.open(path)`,
  )
}

const WORDS = {
  stats: 'measure',
  prune: 'prune',
  vacuum: 'vacuum',
  backup: 'copy',
  check: 'check',
} satisfies Record<keyof StoreCare, string>

/** Throws `invalid_request`. Without a limit everything that has ended would go, which nobody asks for by leaving something out. */
export function checkPrune(query: PruneQuery): void {
  checkKnown(query, PRUNE, { of: 'prune' })
  const { keep, olderThan } = query
  if (keep === undefined && olderThan === undefined) {
    throw new BraidError('invalid_request', 'expected `keep`, `olderThan` or both, to say what may go; got neither')
  }
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 0)) {
    throw new BraidError('invalid_request', `expected \`keep\` to be how many runs stay, from 0; got ${String(keep)}`)
  }
  if (olderThan !== undefined && !(olderThan instanceof Date && !Number.isNaN(olderThan.getTime()))) {
    throw new BraidError('invalid_request', 'expected `olderThan` to be a valid Date; got something else')
  }
}

/** Throws `invalid_request`. */
export function checkSearch(words: unknown, query: SearchQuery): void {
  checkKnown(query, SEARCH, { of: 'search' })
  const { limit } = query
  if (typeof words !== 'string' || words.trim() === '') {
    throw new BraidError(
      'invalid_request',
      `expected the words to search for, a text that is not empty; got ${typeof words === 'string' ? 'an empty one' : typeof words}`,
    )
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new BraidError(
      'invalid_request',
      `expected \`limit\` to be how many messages at most, from 1; got ${String(limit)}`,
    )
  }
}
