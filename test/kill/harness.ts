import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Session } from 'braid'
import { expect } from 'vitest'
import { start } from '../support/program.ts'
import { steadyServer } from './server.ts'

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url))

/** What a program wrote down of what it was shown. */
type Line =
  | { readonly ready: true }
  | { readonly ended: string; readonly status: string }
  | { readonly booked: string }
  | { readonly results: readonly (readonly [id: string, result: unknown])[] }

/** What is left of a whole run: the results, and what is on the branches, but for what was cut off. */
export interface Left {
  readonly results: unknown
  readonly branches: Readonly<Record<string, readonly string[]>>
}

/** One run, killed again and again until it is through. */
export class Victim implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'braid-kill-'))
  readonly #server = steadyServer()
  /** What was shown as ended, in all its lives. */
  readonly #ended = new Map<string, string>()
  /** How often what a tool did is in the ledger, by call, since its result was shown. */
  readonly #booked = new Map<string, number>()
  #results: unknown

  get #path(): string {
    return join(this.#folder, 'work.db')
  }

  /** Lets it live for so many milliseconds from when it is loaded, or to its end. True when it is through. */
  async live(ms: number): Promise<boolean> {
    const { url } = await this.#server
    const program = start(PROGRAM, [this.#path, url, this.#ledger], { cwd: this.#folder })
    let timer: NodeJS.Timeout | undefined
    void program.printed('ready').then(() => {
      timer = setTimeout(() => program.process.kill('SIGKILL'), ms)
    })
    const { code, stdout, stderr } = await program.ended
    clearTimeout(timer)
    // Node says nothing of its own when it is killed: whatever is there is an error.
    expect(stderr.replace(/^\(node:.*\n?|^\(Use .*\n?/gm, '')).toBe('')
    for (const line of stdout.split('\n').slice(0, -1)) this.#note(JSON.parse(line) as Line)
    await this.#check()
    if (code === null) return false
    expect(code, stdout).toBe(0)
    return true
  }

  async left(): Promise<Left> {
    await using session = await Session.open(this.#path)
    const branches: Record<string, readonly string[]> = {}
    for (const branch of await session.branches()) {
      const messages = await branch.messages()
      expect(new Set(messages.map(({ id }) => id)).size, `a message is twice on ${branch.name}`).toBe(messages.length)
      branches[branch.name.replace(/@.*/, '')] = messages
        .filter(({ status }) => status === 'complete')
        .map(
          ({ role, text, content }) =>
            `${role}: ${text}${'calls' in content ? JSON.stringify(content.calls.map(({ input }) => input)) : ''}`,
        )
    }
    return { results: this.#results, branches }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#server).close()
    rmSync(this.#folder, { recursive: true })
  }

  get #ledger(): string {
    return join(this.#folder, 'ledger')
  }

  #note(line: Line): void {
    if ('ready' in line) return
    if ('results' in line) this.#results = line.results
    else if ('ended' in line) {
      expect(this.#ended.get(line.ended), `${line.ended} had completed, and ended again`).not.toBe('completed')
      this.#ended.set(line.ended, line.status)
    } else this.#booked.set(line.booked, this.#timesBooked(line.booked))
  }

  /** Of what was shown: it is there, once; and what was done once was not done again. */
  async #check(): Promise<void> {
    // Killed before there was anything.
    if (!existsSync(this.#path)) return
    await using session = await Session.open(this.#path)
    expect(await session.check()).toEqual([])
    const [run] = await session.runs.list({ last: 1 })
    if (!run) return expect(this.#ended.size).toBe(0)
    expect(run.status).toMatch(/^(interrupted|completed)$/)
    const stored = new Map<string, string[]>()
    try {
      for await (const [id, chunk] of run.stream()) {
        if (chunk.type === 'operation-reset') stored.delete(id)
        if (chunk.type === 'operation-end') stored.set(id, [...(stored.get(id) ?? []), chunk.status])
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'run_interrupted' })
    }
    for (const [id, status] of this.#ended) {
      if (status === 'completed') expect(stored.get(id) ?? [status], `what is stored of ${id}`).toEqual([status])
    }
    for (const [call, times] of this.#booked) expect(this.#timesBooked(call), `${call} was booked`).toBe(times)
  }

  /** The key of a call is made of its tool and its input, and of nothing that changes from life to life. */
  #timesBooked(call: string): number {
    const lines = existsSync(this.#ledger) ? readFileSync(this.#ledger, 'utf8').split('\n') : []
    return lines.filter((line) => line.endsWith(call)).length
  }
}
