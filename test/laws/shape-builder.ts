import { BraidError, type Chunk, type Operation } from '@braid/core'
import { Builder, type OperationContext, type Session } from '@braid/flow'
import {
  everything,
  type Group,
  type Item,
  inOrderAdded,
  type Piece,
  type Program,
  type Task,
} from './shape-program.ts'
import { digest } from './shape-values.ts'
import { turn } from './turn-clock.ts'

/** What the operations themselves saw of a run. */
export interface Witness {
  /** How many are inside their own code now. */
  active: number
  /** Those that began, in that order; each attempt. */
  readonly started: Item[]
  /** What was built while it ran. */
  readonly built: Set<Piece>
  /** Nothing fails any more. */
  mended: boolean
  /** Called before one produces its next chunk. */
  onProduce(item: Task, attempt: number): void
}

export interface Built {
  readonly builder: Builder
  readonly operations: ReadonlyMap<Item, Operation>
}

const RETRYABLE = new BraidError('overloaded', 'as it was told', { retryable: true })

/** The program, as a user would write it. */
export function build(program: Program, witness: Witness, session: Session): Built {
  const operations = new Map<Item, Operation>()
  const throws = session.registerOperation('throws', (_: OperationContext, { item }: { item: Task }) => {
    if (!witness.mended) throw new Error('at once')
    return work(item, witness, operations, _)
  })
  const works = session.registerOperation('works', (context, { item }: { item: Task }) =>
    work(item, witness, operations, context),
  )
  /** Edges that are added when all that they join is there. */
  let late: (() => void)[] = []

  const add = (items: readonly Item[], builder: Builder): void => {
    for (const item of inOrderAdded(items)) {
      const known = item.parents.flatMap((parent) => operations.get(parent) ?? [])
      const whole = known.length === item.parents.length
      const needs = !whole ? {} : item.context ? { contextFrom: known } : { dependsOn: known }
      const shape = {
        join: item.join,
        when: condition(item),
        ...(item.branch === undefined ? {} : { branch: item.branch }),
        ...needs,
      }
      const operation = item.type === 'task' ? addTask(item, shape, builder) : addGroup(item, shape, builder)
      operations.set(item, operation)
      if (!whole) {
        late.push(() => {
          builder.dependsOn(
            item.name,
            item.parents.map((parent) => operations.get(parent) as Operation),
          )
        })
      }
    }
  }

  const addTask = (item: Task, shape: object, builder: Builder): Operation => {
    const kind = item.fate === 'throws' ? throws : works
    const hears = item.hears && operations.get(item.hears)
    const retry = item.attempts === 1 || item.hears ? {} : { retry: { attempts: item.attempts, backoff: 0 } }
    return builder.add(item.name, kind, { item }, { ...shape, ...retry, ...(hears ? { streamFrom: hears } : {}) })
  }

  /** All that is inside of a piece; edges to what is not there yet come later. */
  const inside = (piece: Piece, sub: Builder): Operation<unknown> => {
    add(piece.level.items, sub)
    return operations.get(piece.returns) as Operation
  }

  const addGroup = (item: Group, shape: object, builder: Builder): Operation => {
    const { name, pieces, cap, good, from } = item
    /** Built while it runs: by then all that is around it is there. */
    const now = (piece: Piece, sub: Builder): Operation<unknown> => {
      witness.built.add(piece)
      // What an earlier run built there is another operation.
      for (const item of everything(piece.level.items)) operations.delete(item)
      const returns = inside(piece, sub)
      connect()
      return returns
    }
    switch (item.type) {
      case 'subgraph':
        return builder.subgraph({ ...shape, name, build: (sub) => inside(pieces[0] as Piece, sub) })
      case 'expand':
        return builder.expand({
          ...shape,
          name,
          items: () => (witness.mended ? pieces.slice(0, cap) : pieces),
          each: (piece, sub) => now(piece, sub),
          max: cap,
        })
      default: {
        let round = 0
        const before = operations.get(from as Item) as Operation<unknown>
        return builder.repeat({
          ...shape,
          name,
          from: before,
          step: (_, sub) => now(pieces[round] as Piece, sub),
          until: (_value, rounds) => {
            round = rounds
            return rounds >= good
          },
          max: pieces.length,
        })
      }
    }
  }

  const connect = (): void => {
    const edges = late
    late = []
    for (const edge of edges) edge()
  }

  const condition = (item: Item) => () => {
    if (item.when === 'throws') throw new Error('cannot say')
    return item.when === 'yes'
  }

  const builder = new Builder({ session })
  add(program.items, builder)
  connect()
  return { builder, operations }
}

async function* work(
  item: Task,
  witness: Witness,
  operations: ReadonlyMap<Item, Operation>,
  { signal, stream, branch, results, attempt }: OperationContext,
): AsyncGenerator<{ type: 'custom'; name: string; value: number }, number> {
  witness.active += 1
  witness.started.push(item)
  let said = 0
  const next = () => {
    witness.onProduce(item, attempt)
    said += 1
    return { type: 'custom' as const, name: 'n', value: said - 1 }
  }
  const wait = async (): Promise<void> => {
    for (let left = item.pace; left > 0 && !signal.aborted; left -= 1) await turn()
  }
  try {
    await branch?.messages()
    if (item.hears && item.hearing !== 'nothing') {
      const source = operations.get(item.hears) as Operation
      for await (const chunk of stream(source) as AsyncIterable<Chunk>) {
        if (signal.aborted) return 0
        if (chunk.type !== 'custom') continue
        yield next()
        if (item.hearing === 'first') break
      }
    }
    for (let left = item.chunks; left > 0; left -= 1) {
      await wait()
      if (signal.aborted) return 0
      yield next()
    }
    await wait()
    if (!witness.mended && attempt <= item.stumbles) throw RETRYABLE
    if (!witness.mended && item.fate === 'fails') throw new Error('as it was told')
    await branch?.append({ role: 'user', content: item.id })
    const heard =
      item.join === 'any' ? [] : item.parents.map((parent) => results.find(operations.get(parent) as Operation))
    return digest([item.id, said, ...heard])
  } finally {
    witness.active -= 1
  }
}
