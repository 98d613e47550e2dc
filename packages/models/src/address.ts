import { BraidError } from '@braid/core'
import type { ManifestData } from '@braid/stream'

type Endpoint = ManifestData['endpoint']

export interface Address {
  readonly origin: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/**
 * Where a model's requests go: `baseUrl`, else the first environment variable that is set of those the manifest names, else the manifest's own.
 * A version that is in both the base and the path (`…/v1` and `/v1/messages`) counts once: SDKs differ in where they want it.
 */
export function addressOf(
  endpoint: Endpoint,
  model: string,
  stream: boolean,
  baseUrl: string | undefined,
  provider: string,
): Address {
  const base = parse(endpoint, baseUrl, provider)
  const template = (stream ? endpoint.stream_chat : undefined) ?? endpoint.chat
  const version = /^\/v\d[^/]*/.exec(template)?.[0]
  let prefix = base.pathname.replace(/\/+$/, '')
  if (version !== undefined && prefix.endsWith(version)) prefix = prefix.slice(0, -version.length)
  // A slash in a name is one of the path's, but in those of AWS, which are one word.
  const name = model.startsWith('arn:') ? encodeURIComponent(model) : model.split('/').map(encodeURIComponent).join('/')
  return {
    origin: base.origin,
    path: prefix + template.replace('{model}', () => name),
    query: { ...endpoint.query, ...Object.fromEntries(base.searchParams), ...(stream ? endpoint.stream_query : {}) },
  }
}

/** An address whose gaps the environment knows: a region, or the name of a resource. */
function filled(address: string | undefined, provider: string): string | undefined {
  return address?.replace(/\{([A-Z0-9_|]+)\}/g, (_, names: string) => {
    const variables = names.split('|')
    const value = variables.map((name) => process.env[name]).find(Boolean)
    if (value !== undefined) return value
    throw new BraidError(
      'invalid_request',
      `expected the address of ${provider}; the environment variable ${variables.join(' or ')}, which is a part of it, is not set. Set it, or give \`baseUrl\``,
    )
  })
}

function parse(endpoint: Endpoint, baseUrl: string | undefined, provider: string): URL {
  const variable = endpoint.base_url_env.find((name) => process.env[name])
  const given = baseUrl ?? (variable === undefined ? filled(endpoint.base_url, provider) : process.env[variable])
  const from = baseUrl !== undefined || variable === undefined ? '`baseUrl`' : variable
  if (given === undefined) {
    throw new BraidError(
      'invalid_request',
      `expected a \`baseUrl\` for ${provider}, which has no address of its own; got none`,
    )
  }
  const text = given.includes('://') ? given : `http://${given}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new BraidError(
      'invalid_request',
      `expected ${from} to be an http or https address for ${provider}; got something else`,
    )
  }
  // OLLAMA_HOST is a host with or without a port; without one, it means the usual one.
  if (text !== given && url.port === '' && endpoint.base_url !== undefined) url.port = new URL(endpoint.base_url).port
  return url
}
