import type { Change, Memo, Message } from '@braid/core'
import type { Turn } from '../operations/kind.ts'
import type { CallRegister } from '../tools/call-memory.ts'
import type { Journal } from './journal.ts'

/** What a commit says of the turn that an attempt leaves: with `kept`, the number of that attempt. What came before it is on its branch. */
type TurnMemo = Turn & { readonly kept: number }

/** What a step of an attempt left that nothing has committed yet. */
interface StepMemo {
  readonly turn: Pick<Turn, 'instructionId' | 'branch'>
  readonly messages: readonly Message[]
  /** Whether they are the turn's own, and on no branch. */
  readonly loose: boolean
}

/**
 * What the attempts of one operation leave for one in another process: where its turn stands, the steps that were finished, and what calls
 * came to that must not be made twice. Without a journal it remembers nothing.
 */
export class Memory implements CallRegister {
  readonly #operationId: string
  readonly #journal: Journal | undefined
  readonly #calls = new Map<string, unknown>()
  /** What an attempt had written on its branch that was never committed. */
  #staged: readonly Message[] = []
  /** How many of a turn's own messages are committed. */
  #committed = 0
  /** How much of an attempt is remembered already, and in how many memos. */
  #remembered = { attempt: 0, messages: 0, memos: 0 }
  #turn: Turn = {}

  constructor(operationId: string, journal: Journal | undefined, memos: readonly Memo[] = []) {
    this.#operationId = operationId
    this.#journal = journal
    if (memos.length > 0) this.#load(new Map(memos.map(({ key, value }) => [key, value])))
  }

  /** Where its turn stood when its process ended. */
  get turn(): Turn {
    return this.#turn
  }

  /** What is to be on its branch again before the first attempt goes on, once. */
  takeStaged(): readonly Message[] {
    const staged = this.#staged
    this.#staged = []
    return staged
  }

  recall(key: string): { readonly output: unknown } | undefined {
    return this.#calls.has(key) ? { output: this.#calls.get(key) } : undefined
  }

  /** Resolves when it is in the store. */
  async keep(key: string, output: unknown): Promise<void> {
    await this.#journal?.write([this.#memo(`call/${key}`, output)])
  }

  /** A step was finished: resolves when all that was said in the turn, and is on no branch yet, is in the store. `said`: these, the staged ones or the turn's own. */
  async step(attempt: number, turn: Turn, said: readonly Message[], loose: boolean): Promise<void> {
    if (!this.#journal) return
    if (this.#remembered.attempt !== attempt) {
      this.#remembered = { attempt, messages: loose ? this.#committed : 0, memos: 0 }
    }
    const { instructionId, branch } = turn
    const value: StepMemo = {
      turn: { ...(instructionId === undefined ? {} : { instructionId }), ...(branch === undefined ? {} : { branch }) },
      messages: said.slice(this.#remembered.messages),
      loose,
    }
    this.#remembered.messages = said.length
    this.#remembered.memos += 1
    await this.#journal.write([this.#memo(`step/${attempt}/${this.#remembered.memos}`, value)])
  }

  /** What is to be written with what an attempt leaves on its branch. */
  kept(attempt: number, turn: Turn): readonly Change[] {
    if (!this.#journal || Object.keys(turn).length === 0) return []
    this.#committed = turn.messages?.length ?? 0
    const value: TurnMemo = { ...turn, kept: attempt }
    return [this.#memo('turn', value)]
  }

  #memo(key: string, value: unknown): Change {
    const { runId } = this.#journal as Journal
    return { type: 'memo', runId, memo: { operationId: this.#operationId, key, value } }
  }

  #load(memos: ReadonlyMap<string, unknown>): void {
    const { kept = 0, ...turn } = (memos.get('turn') ?? {}) as Partial<TurnMemo>
    this.#turn = turn
    this.#committed = turn.messages?.length ?? 0
    let last = kept
    let steps: StepMemo[] = []
    for (const [key, value] of memos) {
      const [what, ...rest] = key.split('/')
      if (what === 'call') this.#calls.set(rest.join('/'), value)
      const attempt = what === 'step' ? Number(rest[0]) : 0
      if (attempt <= kept || attempt < last) continue
      // Each attempt's begin with all that the one before had, if that was not committed.
      if (attempt > last) steps = []
      last = attempt
      steps[Number(rest[1]) - 1] = value as StepMemo
    }
    for (const step of steps) {
      if (step.loose) this.#turn = { ...this.#turn, messages: [...(this.#turn.messages ?? []), ...step.messages] }
      else this.#staged = [...this.#staged, ...step.messages]
      this.#turn = { ...this.#turn, ...step.turn }
    }
  }
}
