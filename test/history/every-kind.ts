import { BraidError, Message } from '@braid/core'

/** Messages with everything in them that is hard to write down. */
export function everyKindOfMessage(): Message[] {
  return [
    Message.system('Answer in French.'),
    Message.instruction('Größe: 😀 \u0000 \ud800 "quoted" \\ {"$bytes":"no"}\n', {
      context: {
        nested: [null, { $bytes: 'only looks like it' }, { $plain: { $date: 1 } }],
        at: new Date(0),
        big: 2n ** 70n,
      },
      files: [
        { type: 'file', mediaType: 'image/png', bytes: Uint8Array.from({ length: 256 }, (_, index) => index) },
        { type: 'file', mediaType: 'text/plain', url: 'https://example.org/a.txt' },
      ],
    }),
    new Message({
      content: {
        type: 'assistant-response',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'c2ln' },
          { type: 'text', text: 'Half an ans' },
        ],
        finishReason: 'length',
        usage: { inputTokens: 3, raw: { prompt_tokens: 3, details: { cached: null } } },
        model: 'gpt-4o-mini',
      },
      status: 'partial',
      sender: 'writer',
      recipient: 'user',
      metadata: { provider: 'openai', score: Number.POSITIVE_INFINITY },
    }),
    new Message({
      content: {
        type: 'action-request',
        calls: [{ toolCallId: 't1', toolName: 'search', input: { q: 'ä', n: -0.5 } }],
      },
    }),
    new Message({
      content: {
        type: 'action-response',
        outcomes: [
          { toolCallId: 't1', toolName: 'search', input: {}, output: ['a', { bytes: new Uint8Array([1, 2]) }] },
          {
            toolCallId: 't2',
            toolName: 'search',
            input: {},
            error: new BraidError('timeout', 'Too long.', { status: 504 }),
          },
        ],
      },
    }),
  ]
}
