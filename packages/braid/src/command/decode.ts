import { BraidError, type ModelChunk } from '@braid/core'
import { type FamilyName, family, Manifest, manifests, openRecording } from '@braid/stream'
import { bytesOf } from './bytes-of.ts'
import { chunkLine } from './chunk-line.ts'
import { Answers, messageView } from './message-view.ts'
import { styles } from './style.ts'

export interface DecodeOptions {
  /** One of Braid's own families. Default: found by the bytes. */
  readonly api?: string
  /** A file with a manifest. */
  readonly manifest?: string
  /** For programs: one chunk per line, or the message in one. */
  readonly json: boolean
  /** What it all comes to, instead of the chunks. */
  readonly message: boolean
  /** With every chunk the frame that it comes from. */
  readonly raw: boolean
}

/** Reads a recorded answer from a file, or from the standard input (`-`), and prints what a model said. Resolves to the exit code. */
export async function decode(file: string, options: DecodeOptions): Promise<number> {
  const manifest = await manifestOf(options)
  const { manifest: reader, form, batches } = await openRecording(bytesOf(file), manifest)
  const style = styles(process.stdout)
  // Beside the output, not in it.
  if (!manifest) console.error(`braid: read as ${reader.id}${form === 'answer' ? ', a plain answer' : ''}`)
  const answers = new Answers()
  const line = options.json
    ? (chunk: ModelChunk): string => JSON.stringify(options.raw ? chunk : withoutFrame(chunk), plain)
    : (chunk: ModelChunk): string =>
        chunkLine(chunk, style) +
        (options.raw && chunk.type !== 'raw' ? `\n  ${style.dim(JSON.stringify(chunk.rawResponse) ?? '')}` : '')
  let failure: BraidError | undefined
  try {
    for await (const chunks of batches) {
      if (options.message) answers.push(chunks)
      else for (const chunk of chunks) console.log(line(chunk))
    }
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    failure = error
  }
  for (const answered of answers.all()) {
    console.log(options.json ? JSON.stringify(answered, plain) : messageView(answered, style))
  }
  if (failure) console.error(styles(process.stderr).red(`${failure.code}: ${failure.message}`))
  return failure ? 1 : 0
}

async function manifestOf({ api, manifest }: DecodeOptions): Promise<Manifest | undefined> {
  if (api !== undefined && manifest !== undefined)
    throw new BraidError('invalid_request', 'expected --api or --manifest, found both; a manifest says which API it is')
  if (manifest !== undefined) return Manifest.load(manifest)
  if (api === undefined) return undefined
  const names = Object.keys(manifests) as FamilyName[]
  // By the name of the family, or of its manifest: that is what a guess tells.
  const name = names.find((each) => each === api || manifests[each].id === api)
  if (name === undefined)
    throw new BraidError(
      'invalid_request',
      `there is no API "${api}"; there are: ${names.join(', ')}. For another one: --manifest <file>`,
    )
  return family(name)
}

/** An event that nobody knows is its frame and nothing else. */
function withoutFrame(chunk: ModelChunk): object {
  if (chunk.type === 'raw') return chunk
  const { rawResponse: _, ...rest } = chunk
  return rest
}

/** What JSON has no form for: bytes in base64, an error as its code and message. A Buffer's own form comes first, so it is asked for in its holder. */
function plain(this: unknown, key: string, value: unknown): unknown {
  const held: unknown = Reflect.get(this as object, key)
  if (held instanceof Uint8Array) return Buffer.from(held).toString('base64')
  return held instanceof BraidError ? { code: held.code, message: held.message } : value
}
