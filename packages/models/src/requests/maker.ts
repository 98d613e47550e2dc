import type { Message } from '@braid/core'
import { type FamilyName, type ManifestData, type ManifestSource, manifests } from '@braid/stream'

/** The manifest that read an answer, as the assembled message has it; undefined of one that was made by hand. */
export function makerOf({ metadata }: Message): string | undefined {
  const maker = metadata['provider']
  return typeof maker === 'string' ? maker : undefined
}

/**
 * Whether a provider can read the signed reasoning in what `maker` made. Signatures are for the provider that gave them, and any other refuses
 * them. One that nobody is named for is taken for its own; and a stream that was read by its protocol's name alone may be of any who speaks it.
 */
export function reads(data: ManifestData, maker: string | undefined): boolean {
  if (maker === undefined || maker === data.id) return true
  if (!Object.hasOwn(manifests, maker)) return false
  const family: ManifestSource = manifests[maker as FamilyName]
  return family.payload_format === data.payload_format
}
