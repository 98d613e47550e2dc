import { BraidError } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import type { ModelOptions } from './options.ts'

type Auth = ManifestData['auth']

/** Credentials of AWS, which sign a request and are not in it. What AWS's own credential providers give is one. */
export interface AwsKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

type Key = string | AwsKey

/** Gives the key for one call; undefined where the provider needs none. */
export type KeySource = () => Promise<Key | undefined>

/** Throws `missing_key` at once where no call could have a key. A function is asked for each call. */
export function keySource(auth: Auth, apiKey: ModelOptions['apiKey'], provider: string): KeySource {
  if (typeof apiKey === 'function') return async () => checked(await ask(apiKey, provider), auth, provider)
  if (typeof apiKey === 'object') {
    const key = checked(apiKey, auth, provider)
    return async () => key
  }
  const variable = auth.type === 'none' ? undefined : auth.token_env
  const key = (apiKey ?? (variable === undefined ? undefined : process.env[variable]))?.trim()
  if (key) return async () => key
  if (variable === undefined) return async () => undefined
  if (auth.type === 'aws_sigv4' && apiKey === undefined) return awsSource(variable, provider)
  throw new BraidError(
    'missing_key',
    apiKey === undefined
      ? `expected a key for ${provider}; the environment variable ${variable} is not set. Set it, or give \`apiKey\``
      : `expected a key for ${provider}; \`apiKey\` is empty. Give one, or leave it out and set ${variable}`,
  )
}

/** They may change while the process lives, as those of a role do. */
function awsSource(variable: string, provider: string): KeySource {
  const read = (): AwsKey => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
    if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
      return {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        sessionToken: AWS_SESSION_TOKEN || undefined,
      }
    }
    throw new BraidError(
      'missing_key',
      `expected a key for ${provider}; of the environment variables, neither ${variable} nor AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY are set. Set them, or give \`apiKey\`: a text, { accessKeyId, secretAccessKey }, or a function that gives one, such as AWS's fromNodeProviderChain()`,
    )
  }
  read()
  return async () => read()
}

function checked(key: Key, auth: Auth, provider: string): Key {
  if (typeof key === 'string') return key
  if (auth.type === 'aws_sigv4' && key.accessKeyId && key.secretAccessKey) return key
  throw new BraidError(
    'missing_key',
    auth.type === 'aws_sigv4'
      ? `expected a key for ${provider} as a text or { accessKeyId, secretAccessKey }; got an object without them`
      : `expected a key for ${provider} as a text; got an object`,
  )
}

async function ask(apiKey: () => Key | Promise<Key>, provider: string): Promise<Key> {
  let key: Key
  try {
    key = await apiKey()
  } catch (cause) {
    throw new BraidError('missing_key', `expected a key for ${provider}; its \`apiKey\` function threw`, { cause })
  }
  if (typeof key === 'string' && key.trim() !== '') return key.trim()
  if (typeof key === 'object' && key !== null) return key
  throw new BraidError('missing_key', `expected a key for ${provider}; its \`apiKey\` function gave none`)
}

/** Where a key goes. A provider that needs none gets one that was given all the same, as a proxy before it would want it. */
export function keyPlace(
  auth: Auth,
  key: Key | undefined,
): { headers: Record<string, string>; query: Record<string, string> } {
  // Credentials sign the request when it is whole.
  if (typeof key !== 'string') return { headers: {}, query: {} }
  switch (auth.type) {
    case 'none':
    case 'bearer':
    case 'aws_sigv4':
      return { headers: { authorization: `Bearer ${key}` }, query: {} }
    case 'custom_header':
      if (auth.tokens !== undefined && new RegExp(auth.tokens).test(key))
        return { headers: { authorization: `Bearer ${key}` }, query: {} }
      return { headers: { [auth.header.toLowerCase()]: `${auth.prefix}${key}` }, query: {} }
    case 'query_param':
      return { headers: {}, query: { [auth.param_name]: key } }
    default:
      return auth satisfies never
  }
}
