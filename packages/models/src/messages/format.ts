import { type MessageLike, toMessage } from '@braid/core'
import { type ModelId, manifestOf, type ProviderName, splitId } from '../catalogue/provider.ts'
import { conversationOf } from '../requests/body.ts'

/**
 * Messages as a provider's API takes them: the part of a request's body that holds the conversation, such as `{ messages }` for OpenAI and `{ system, messages }`
 * for Anthropic. It is what a model would be sent: calls have their results, ids and signed reasoning are as that provider wants them. Throws
 * `unknown_provider`, and `invalid_request` or `unsupported_parameter` for what it does not take.
 *
 * @example
 * const { system, messages } = formatMessages('anthropic', await branch.messages({ last: 50 }))
 */
export function formatMessages(
  provider: ProviderName | ModelId,
  messages: readonly MessageLike[],
): Readonly<Record<string, unknown>> {
  const [name, model] = provider.includes('/') ? splitId(provider) : [provider, '']
  return conversationOf(manifestOf(name).data, model, messages.map(toMessage))
}
