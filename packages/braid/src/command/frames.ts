import { BraidError } from '@braid/core'
import { createDecoder, type Decoder, wireOf } from '@braid/stream'
import { bytesOf } from './bytes-of.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'

/** Prints the frames of a recorded stream as they stand on the wire, whatever API they belong to. Resolves to the exit code. */
export async function frames(file: string, json: boolean): Promise<number> {
  const { bold, dim, red } = styles(process.stdout)
  const lineOf = json
    ? (data: string, event?: string): string => JSON.stringify({ event, data })
    : (data: string, event?: string): string => `${event === undefined ? '' : `${bold(event)} `}${dim(printable(data))}`
  let decoder: Decoder | undefined
  try {
    for await (const bytes of bytesOf(file)) {
      const wire = decoder ? undefined : wireOf(bytes)
      if (wire)
        decoder = createDecoder(wire, {
          frame: (data, event) => console.log(lineOf(data, event)),
          error: (data) => console.log(json ? JSON.stringify({ error: data }) : `${red('error')} ${printable(data)}`),
        })
      decoder?.push(bytes)
    }
    decoder?.end()
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    console.error(styles(process.stderr).red(`${error.code}: ${error.message}`))
    return 1
  }
  if (!decoder?.torn) return 0
  console.error(styles(process.stderr).red('stream_truncated: expected whole frames, the bytes end inside one'))
  return 1
}
