import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Chunk, decode, encode } from '@braid/core'
import { Builder, type FlowChunk, type RunStream, Session } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import fc from 'fast-check'
import { onTestFinished } from 'vitest'

/** What a late reader is to have of a chunk: all but what is live only, and an error's stack and cause. */
export function kept([id, chunk]: FlowChunk): FlowChunk {
  const { rawResponse: _, ...rest } = chunk
  return [id, decode(encode({ ...rest, metadata: {} }).text) as Chunk]
}

/** A session on that file besides others, which knows nothing of theirs but what is in the file. */
export async function besides(path: string): Promise<Session> {
  const store = await openStore(path)
  const session = new Session({}, { store, record: await store.session() })
  onTestFinished(() => session.close())
  return session
}

/** Reads to the end, with the number of each tuple. */
export async function numbered(
  stream: RunStream,
): Promise<{ readonly said: readonly (readonly [number, FlowChunk])[]; readonly error: unknown }> {
  const said: (readonly [number, FlowChunk])[] = []
  try {
    for await (const tuple of stream) said.push([stream.seq, kept(tuple)])
    return { said, error: undefined }
  } catch (error) {
    return { said, error }
  }
}

/** One operation of a random run: what it says, where it pauses, how it ends, what it waits for. */
interface Talker {
  readonly words: readonly (string | { readonly type: 'custom'; readonly name: string; readonly value: unknown })[]
  /** Milliseconds before each of some. */
  readonly pauses: readonly number[]
  readonly end: 'completes' | 'fails' | 'is skipped'
  readonly after: number | undefined
}

export const talkers: fc.Arbitrary<readonly Talker[]> = fc.array(
  fc.record({
    words: fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.record({ type: fc.constant('custom' as const), name: fc.constant('note'), value: fc.jsonValue() }),
      ),
      { maxLength: 30 },
    ),
    pauses: fc.array(fc.constantFrom(0, 0, 1, 30), { minLength: 1, maxLength: 5 }),
    end: fc.constantFrom('completes', 'completes', 'completes', 'fails', 'is skipped'),
    after: fc.option(fc.nat(5), { nil: undefined }),
  }) as fc.Arbitrary<Talker>,
  { minLength: 1, maxLength: 6 },
)

export function talking(session: Session, all: readonly Talker[]): Builder {
  const builder = new Builder({ session })
  all.forEach(({ words, pauses, end, after }, place) => {
    const upstream = after !== undefined && after < place ? [builder.get(`talker-${after}`)] : []
    builder.task({
      name: `talker-${place}`,
      dependsOn: upstream,
      when: () => end !== 'is skipped',
      async *run() {
        for (const [index, word] of words.entries()) {
          const pause = pauses[index % pauses.length] as number
          if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
          yield word
        }
        if (end === 'fails') throw new Error('on purpose')
        return words.length
      },
    })
  })
  return builder
}

/** Runs a program of `programs.ts` in a process of its own, which is killed when it says so. What it said of its run. */
export async function die(
  program: string,
  given: Readonly<Record<string, string>>,
): Promise<{ readonly path: string; readonly runId: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-runs-'))
  const path = join(folder, 'history.db')
  const child = start(program, { ...given, path })
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [said] = (await once(child, 'message')) as [{ runId: string }]
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  return { path, runId: said.runId }
}

/** A process that runs that program, and says when it has come to where it is to be met. */
export function start(program: string, given: Readonly<Record<string, string>>): ChildProcess {
  const child = fork(fileURLToPath(new URL('programs.ts', import.meta.url)), [program, JSON.stringify(given)], {
    execArgv: ['--conditions=source', '--import', 'tsx'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}
