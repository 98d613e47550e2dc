import { BraidError, checkKnown, type Known } from '@braid/core'

/** How a model gets to its provider. */
export interface Network {
  /**
   * An HTTP proxy, such as `http://name:password@proxy.example:3128`. It is asked for a tunnel (`CONNECT`), and sees neither keys nor prompts on their way to
   * an https address. Default: none. The usual variables are read by whoever wants them: `{ proxy: process.env.HTTPS_PROXY }`.
   */
  readonly proxy?: string | undefined
  /** Certificates, in PEM, to trust instead of those that Node does. To trust them as well, set `NODE_EXTRA_CA_CERTS` for the process. */
  readonly ca?: string | readonly string[] | undefined
}

/** The same, read. */
export interface Route {
  readonly proxy: URL | undefined
  readonly ca: string | string[] | undefined
}

export const DIRECT: Route = { proxy: undefined, ca: undefined }

const NETWORK = { proxy: true, ca: true } satisfies Known<Network>

/** Throws `unsupported_parameter` for a proxy that is none. Its address may hold a password and is not shown. */
export function routeOf(network: Network | undefined): Route {
  if (network === undefined) return DIRECT
  checkKnown(network, NETWORK, { of: '`network`', code: 'unsupported_parameter' })
  const { proxy, ca } = network
  return {
    proxy: proxy === undefined || proxy === '' ? undefined : addressOf(proxy),
    ca: typeof ca === 'string' || ca === undefined ? ca : [...ca],
  }
}

function addressOf(proxy: string): URL {
  const text = typeof proxy === 'string' && !proxy.includes('://') ? `http://${proxy}` : proxy
  if (typeof text === 'string' && URL.canParse(text)) {
    const url = new URL(text)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  }
  throw new BraidError(
    'unsupported_parameter',
    'expected `network.proxy` as an http or https address, such as http://proxy.example:3128; got something else',
  )
}
