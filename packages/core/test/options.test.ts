import { checkKnown, checkSignal, closest, Message, type MessageLike, toMessage } from '@braid/core'
import { expect, test } from 'vitest'

const known = { readOnly: true, contextFrom: true, n: true } as const

test.each([
  ['readonly', 'readOnly'],
  ['context_from', 'contextFrom'],
  ['contexFrom', 'contextFrom'],
])('an option that nobody knows is an error that names the one that was meant: %s', (given, meant) => {
  expect(() => checkKnown({ [given]: 1 }, known, { of: 'this' })).toThrowError(
    expect.objectContaining({
      code: 'invalid_request',
      message: `expected the options of this to be among readOnly, contextFrom, n; got \`${given}\`. Did you mean \`${meant}\`?`,
    }),
  )
})

test('options that are none are refused, and what they hold is not shown', () => {
  for (const given of ['sk-secret', null, ['sk-secret'], 7]) {
    expect(() => checkKnown(given, known, { of: 'this', code: 'invalid_plan' })).toThrowError(
      expect.objectContaining({ code: 'invalid_plan', message: expect.not.stringContaining('secret') }),
    )
  }
  expect(() => checkKnown({ n: undefined }, known, { of: 'this' })).not.toThrow()
})

test('a name that is like none is like none: one letter is not meant by another', () => {
  expect(closest('x', ['n', 'at'])).toBeUndefined()
  expect(closest('opanai', ['openai', 'ollama'])).toBe('openai')
})

test('an AbortController in the place of its signal is an error that says so', () => {
  expect(() => checkSignal(new AbortController())).toThrowError(/expected `signal` to be an AbortSignal.*its `.signal`/)
  expect(() => checkSignal(new AbortController().signal)).not.toThrow()
})

test('what is no message is refused where it is made, without showing its text', () => {
  const none = [
    'a secret',
    [{ role: 'user', content: 'a secret' }],
    { role: 'usr', content: 'a secret' },
    { role: 'user' },
  ]
  for (const given of none) {
    expect(() => toMessage(given as MessageLike)).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringMatching(/^expected a Message, or \{ role, content \}(?!.*secret)/),
      }),
    )
  }
  expect(() => new Message({ content: { type: 'instrction' } as never })).toThrowError(/got `instrction`/)
  expect(() => new Message(undefined as never)).toThrowError(/got none/)
  expect(() => Message.instruction(undefined as never)).toThrowError(/the text of a message of type `instruction`/)
})
