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
  const name = model.split('/').map(encodeURIComponent).join('/')
  return {
    origin: base.origin,
    path: prefix + template.replace('{model}', () => name),
    query: { ...Object.fromEntries(base.searchParams), ...(stream ? endpoint.stream_query : {}) },
  }
}

function parse(endpoint: Endpoint, baseUrl: string | undefined, provider: string): URL {
  const variable = endpoint.base_url_env.find((name) => process.env[name])
  const given = baseUrl ?? (variable === undefined ? endpoint.base_url : process.env[variable])
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
