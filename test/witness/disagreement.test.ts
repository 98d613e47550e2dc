import { describe, expect, it } from 'vitest'
import { type Aspect, disagreements } from './disagreement.ts'
import type { Choice, Hearing } from './hearing.ts'

const choice = {
  text: 'Two hens.',
  reasoning: 'Hm.',
  refusal: '',
  calls: [{ id: 'call_1', name: 'count', input: { of: 'hens' }, theirs: false }],
  finishReason: 'stop',
} satisfies Choice
const heard = {
  choices: { 0: choice },
  usage: { prompt_tokens: 3, details: { cached: 1 } },
  counts: { input: 3, total: null },
} satisfies Hearing

const saying = (change: Partial<Choice>): Hearing => ({ ...heard, choices: { 0: { ...choice, ...change } } })
const aspects = (braid: Hearing, sdk: Hearing): Aspect[] => disagreements(braid, sdk).map(({ aspect }) => aspect)

describe('what Braid and an SDK heard', () => {
  it('agrees where it is the same', () => {
    expect(aspects(heard, structuredClone(heard))).toEqual([])
  })

  it.each<[Aspect, Hearing]>([
    ['candidates', { ...heard, choices: { ...heard.choices, 1: choice } }],
    ['text', saying({ text: 'Two hens' })],
    ['reasoning', saying({ reasoning: '' })],
    ['refusal', saying({ refusal: 'No.' })],
    ['tool calls', saying({ calls: [] })],
    ['tool calls', saying({ calls: [{ ...choice.calls[0]!, id: 'call_2' }] })],
    ['tool calls', saying({ calls: [{ ...choice.calls[0]!, input: { of: 'eggs' } }] })],
    ['tool calls', saying({ calls: [{ ...choice.calls[0]!, theirs: true }] })],
    ['finish reason', saying({ finishReason: null })],
    ['usage', { ...heard, usage: { prompt_tokens: 3, details: { cached: 2 } } }],
    ['counts', { ...heard, counts: { input: 4, total: null } }],
    ['counts', { ...heard, counts: { input: 3, total: 3 } }],
  ])('differs in its %s', (aspect, sdk) => {
    expect(aspects(heard, sdk)).toEqual([aspect])
  })

  it('differs in how it ended, and then in nothing that only a whole answer has', () => {
    expect(aspects(heard, { ...saying({ calls: [] }), error: new Error('reset') })).toEqual(['ending'])
    expect(aspects(heard, { ...saying({ text: 'Two' }), error: new Error('reset') })).toEqual(['ending', 'text'])
  })

  it('is compared only in what the SDK has a word for', () => {
    const { reasoning: _, ...mute } = choice
    expect(
      aspects(heard, { ...heard, choices: { 0: mute }, usage: { prompt_tokens: 3 }, counts: { input: 3 } }),
    ).toEqual([])
    expect(aspects(heard, saying({ calls: [{ name: 'count', input: { of: 'hens' }, theirs: false }] }))).toEqual([])
  })
})
