import { createReadStream } from 'node:fs'
import { BraidError } from '@braid/core'

/** The bytes of a file, or of the standard input (`-`). */
export async function* bytesOf(file: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new BraidError('invalid_request', `expected a recorded answer in ${file}; it cannot be read (${code})`, {
      cause: error,
    })
  }
}
