import { createReadStream } from 'node:fs'
import { BraidError } from '@braid/core'
import { parseMessages } from '@braid/models'
import { lines } from '../pieces.ts'
import { Session } from '../session.ts'
import { formatOf, type FormatOptions } from './format.ts'
import { jsonLine } from './json-line.ts'
import { counted } from './table.ts'

/** Makes a database of what `braid export` wrote, or a branch of the messages of an API. */
export async function importFrom(
  path: string,
  file: string | undefined,
  { json, ...options }: FormatOptions & { readonly json: boolean },
): Promise<number> {
  const one = formatOf(options)
  const input = textIn(file)
  if (one) {
    const [first, ...rest] = parseMessages(one.format, parsed(await whole(input)))
    await using session = await Session.open(path)
    const system = first?.content.type === 'system' ? { system: first.content.system } : {}
    const branch = await session.createBranch({ name: one.branch, ...system })
    await branch.append(...(first === undefined || 'system' in system ? [] : [first]), ...rest)
    const { length } = await branch.messages()
    console.log(
      json ? jsonLine({ branch: branch.name, messages: length }) : `${counted(length, 'message')} on ${branch.name}`,
    )
    return 0
  }
  await using session = await Session.import(lines(input), path)
  const branches = await session.branches({ archived: true })
  console.log(
    json
      ? jsonLine({ session: session.id, branches: branches.length })
      : `${path} has ${counted(branches.length, 'branch', 'branches')}`,
  )
  return 0
}

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

/** Opened when it is read: a file that is not there is an error of whoever reads. */
async function* textIn(file: string | undefined): AsyncGenerator<string, void> {
  yield* file === undefined || file === '-' ? process.stdin.setEncoding('utf8') : createReadStream(file, 'utf8')
}

function parsed(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch (error) {
    throw new BraidError(
      'invalid_request',
      'expected messages as JSON: a list, or the body of a request that has one',
      { cause: error },
    )
  }
}
