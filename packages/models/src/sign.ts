import { BraidError } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import { AwsV4Signer } from 'aws4fetch'
import type { AwsKey } from './key.ts'
import type { HttpRequest } from './transport/http-request.ts'

/**
 * The request with AWS's signature (version 4) among its headers. It is for this body, at this address, and for some minutes from now.
 * Throws `invalid_request` where neither the address nor the environment says the region.
 */
export async function signed(request: HttpRequest, key: AwsKey, auth: ManifestData['auth']): Promise<HttpRequest> {
  if (auth.type !== 'aws_sigv4') return request
  const signer = new AwsV4Signer({
    method: 'POST',
    url: request.origin + request.path,
    headers: { ...request.headers },
    body: request.body,
    service: auth.service,
    region: regionOf(request.origin),
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    ...(key.sessionToken === undefined ? {} : { sessionToken: key.sessionToken }),
  })
  const { headers } = await signer.sign()
  return { ...request, headers: Object.fromEntries(headers) }
}

function regionOf(origin: string): string {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
  const region = /\.([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(origin)?.[1] ?? (AWS_REGION || AWS_DEFAULT_REGION)
  if (region) return region
  throw new BraidError(
    'invalid_request',
    `expected the region that ${origin} is in, for the signature; it is not in the address, and the environment variable AWS_REGION is not set`,
  )
}
