import { BraidError } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import type { ModelOptions } from './options.ts'

type Auth = ManifestData['auth']

/** Gives the key for one call; undefined where the provider needs none. */
export type KeySource = () => Promise<string | undefined>

/** Throws `missing_key` at once where no call could have a key. A function is asked for each call. */
export function keySource(auth: Auth, apiKey: ModelOptions['apiKey'], provider: string): KeySource {
  if (typeof apiKey === 'function') return () => ask(apiKey, provider)
  const variable = auth.type === 'none' ? undefined : auth.token_env
  const key = (apiKey ?? (variable === undefined ? undefined : process.env[variable]))?.trim()
  if (key) return async () => key
  if (variable === undefined) return async () => undefined
  throw new BraidError(
    'missing_key',
    apiKey === undefined
      ? `expected a key for ${provider}; the environment variable ${variable} is not set. Set it, or give \`apiKey\``
      : `expected a key for ${provider}; \`apiKey\` is empty. Give one, or leave it out and set ${variable}`,
  )
}

async function ask(apiKey: () => string | Promise<string>, provider: string): Promise<string> {
  let key: string
  try {
    key = await apiKey()
  } catch (cause) {
    throw new BraidError('missing_key', `expected a key for ${provider}; its \`apiKey\` function threw`, { cause })
  }
  if (typeof key === 'string' && key.trim() !== '') return key.trim()
  throw new BraidError('missing_key', `expected a key for ${provider}; its \`apiKey\` function gave none`)
}

/** Where a key goes. A provider that needs none gets one that was given all the same, as a proxy before it would want it. */
export function keyPlace(
  auth: Auth,
  key: string | undefined,
): { headers: Record<string, string>; query: Record<string, string> } {
  if (key === undefined) return { headers: {}, query: {} }
  switch (auth.type) {
    case 'none':
    case 'bearer':
      return { headers: { authorization: `Bearer ${key}` }, query: {} }
    case 'custom_header':
      return { headers: { [auth.header.toLowerCase()]: `${auth.prefix}${key}` }, query: {} }
    case 'query_param':
      return { headers: {}, query: { [auth.param_name]: key } }
    default:
      return auth satisfies never
  }
}
