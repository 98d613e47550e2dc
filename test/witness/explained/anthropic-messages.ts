import type { Explanation } from '../witness.ts'

export const explained: readonly Explanation[] = [
  {
    reason: 'The message starts twice. The SDK refuses the second start; Braid reads on, since it says nothing new.',
    aspects: ['ending', 'text'],
    shows: (braid, { error, choices }) =>
      /got message_start before receiving "message_stop"/.test(String(error)) &&
      choices[0]?.text === '' &&
      braid.error === undefined,
    cases: ['anthropic/anthropic-messages--duplicate-message-start--cc8c9c'],
  },
]
