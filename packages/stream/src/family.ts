import { Manifest } from './manifest.ts'
import type { ManifestSource } from './manifest-data.ts'
import { anthropicMessages } from './manifests/anthropic-messages.ts'
import { gemini } from './manifests/gemini.ts'
import { openaiChat } from './manifests/openai-chat.ts'

/** The built-in protocols, as data. A dialect is a few lines over one of them. */
export const manifests = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
  gemini,
} as const satisfies Record<string, ManifestSource>

export type FamilyName = keyof typeof manifests

/**
 * A built-in protocol, compiled. Keep what it gives: each call compiles anew (about a millisecond).
 *
 * @example
 * const pipeline = createPipeline(family('openai-chat'))
 */
export function family(name: FamilyName): Manifest {
  return Manifest.parse(manifests[name])
}
