import { BraidError } from '@braid/core'
import type { Manifest } from '../manifest.ts'
import { providerErrorOf } from '../provider-error.ts'

const WHERE = { where: 'in the middle of its stream' }

/** AWS's exceptions as the events that they are on the wire: `{ throttlingException: { message } }`. Undefined for any other event. */
export function exceptionOf(manifest: Manifest, event: object): BraidError | undefined {
  const [name, more] = Object.keys(event)
  if (name === undefined || more !== undefined || !/^[a-z]\w*Exception$/.test(name)) return undefined
  const said: unknown = (event as Record<string, unknown>)[name]
  return providerErrorOf(manifest.data, { error: { ...Object(said), type: name } }, WHERE)
}

/** What a source throws, at the border. AWS's client throws the exceptions of the wire; of any other error all there is to say is that it came. */
export function sourceError(manifest: Manifest, error: unknown): BraidError {
  if (error instanceof BraidError) return error
  const name = error instanceof Error ? error.name : typeof error
  if (error instanceof Error && name.endsWith('Exception')) {
    return providerErrorOf(manifest.data, { error: { ...error, message: error.message, type: name } }, WHERE)
  }
  return new BraidError(
    'stream_truncated',
    `${manifest.id}: expected the source to reach its end, it failed (${name}). What came is kept; the request may be tried again.`,
    { cause: error },
  )
}
