import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { formatMessages } from '@braid/models'
import { Session } from '../session.ts'
import { formatOf, type FormatOptions } from './format.ts'

/** Writes a session as lines of JSON, or one branch as the messages of an API, to a file or to the standard output. */
export async function exportTo(
  path: string,
  file: string | undefined,
  { rescue, ...format }: FormatOptions & { readonly rescue: boolean },
): Promise<number> {
  const one = formatOf(format)
  await using session = await Session.open(path, rescue ? { rescue } : { readOnly: true })
  if (one) {
    const messages = await (await session.branch(one.branch)).messages()
    await write(file, [`${JSON.stringify(formatMessages(one.format, messages), null, 2)}\n`])
  } else await write(file, session.export())
  return 0
}

async function write(file: string | undefined, lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  if (file !== undefined && file !== '-') {
    // A file that is there is not overwritten.
    return pipeline(Readable.from(lines), createWriteStream(file, { flags: 'wx' }))
  }
  for await (const line of lines) {
    // Whoever reads may leave before the end, as `head` does.
    if (!process.stdout.writable) return
    if (!process.stdout.write(line)) await once(process.stdout, 'drain').catch(() => {})
  }
}
