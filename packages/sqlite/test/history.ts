import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BraidError, type BranchRecord, type Change, type ErrorCode, Message, newId, type Outcome } from '@braid/core'
import { expect, onTestFinished } from 'vitest'

/** A folder that is there until the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'braid-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const MAIN: BranchRecord = { id: newId(), name: 'main', createdAt: new Date() }

export function create(branch: BranchRecord = MAIN): Change {
  return { type: 'branch', branch }
}

export function say(text: string, length?: number): Change {
  return {
    type: 'append',
    branchId: MAIN.id,
    messages: [Message.instruction(text)],
    ...(length === undefined ? {} : { length }),
  }
}

export function started(runId: string): Change {
  return { type: 'run', run: { id: runId, status: 'running', startedAt: new Date() } }
}

export function ended(runId: string, id: string, outcome: Outcome): Change {
  return { type: 'operation', operation: { runId, id, kind: 'task', outcome, attempts: 1, endedAt: new Date() } }
}

export async function rejects(promise: Promise<unknown>, code: ErrorCode, ...mentioned: string[]): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BraidError)
  expect(error).toHaveProperty('code', code)
  for (const word of mentioned) expect((error as BraidError).message).toContain(word)
}
