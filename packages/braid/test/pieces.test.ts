import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lines, sentences, words } from '../src/index.ts'

async function* from(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces
}

async function all(pieces: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = []
  for await (const piece of pieces) list.push(piece)
  return list
}

/** Text of what matters here: words, ends of sentences and of lines, what may follow them, and characters of two code units. */
const text = fc
  .array(
    fc.constantFrom(
      'ab',
      'Cd',
      'é',
      '😀',
      '𐐨',
      '日本',
      ' ',
      '  ',
      '.',
      '!',
      '?',
      '。',
      '…',
      '1',
      '2',
      ',',
      '"',
      ')',
      '\n',
      '\r\n',
      '\r',
      '\t',
      'e\u0301',
      'Dr.',
      ';',
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

/** The text, and the same cut anywhere, also within a character; with empty pieces. */
const cut = text.chain((whole) =>
  fc.array(fc.nat(whole.length), { maxLength: 40 }).map((places) => {
    const sorted = [0, ...places.sort((a, b) => a - b), whole.length]
    return { whole, pieces: sorted.slice(1).map((place, index) => whole.slice(sorted[index], place)) }
  }),
)

const RUNS = { numRuns: 2_000 }

describe('words', () => {
  test('are the same however the text was cut, and joined they are the text', async () => {
    await fc.assert(
      fc.asyncProperty(cut, async ({ whole, pieces }) => {
        const found = await all(words(from(pieces)))
        expect(found.join('')).toBe(whole)
        // One for each word, with the white space around it; or the white space alone where there is no word.
        expect(found.map((word) => word.trim()).filter(Boolean)).toEqual(whole.match(/\S+/g) ?? [])
        expect(found.length).toBe(Math.max(whole.match(/\S+/g)?.length ?? 0, whole === '' ? 0 : 1))
      }),
      RUNS,
    )
  })

  test('come when the next one begins, and not before', async () => {
    const given: string[] = []
    async function* source(): AsyncGenerator<string> {
      yield 'sca'
      yield 'tters '
      expect(given).toEqual([])
      yield 'li'
      expect(given).toEqual(['scatters '])
    }
    for await (const word of words(source())) given.push(word)
    expect(given).toEqual(['scatters ', 'li'])
  })
})

describe('lines', () => {
  test('are what splitting the whole text would give', async () => {
    await fc.assert(
      fc.asyncProperty(cut, async ({ whole, pieces }) => {
        const split = whole.split(/\r?\n/)
        if (split.at(-1) === '') split.pop()
        expect(await all(lines(from(pieces)))).toEqual(split)
      }),
      RUNS,
    )
  })
})

describe('sentences', () => {
  test('are what segmenting the whole text would give', async () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })
    await fc.assert(
      fc.asyncProperty(cut, async ({ whole, pieces }) => {
        const found = await all(sentences(from(pieces)))
        expect(found).toEqual(Array.from(segmenter.segment(whole), ({ segment }) => segment))
      }),
      RUNS,
    )
  })

  test('do not end at a dot that the rest of the sentence takes back', async () => {
    expect(await all(sentences(from(['See etc. 1', ' more', ' of it. Next.'])))).toEqual([
      'See etc. 1 more of it. ',
      'Next.',
    ])
  })

  test('come when the next one begins, and not before', async () => {
    const given: string[] = []
    async function* source(): AsyncGenerator<string> {
      yield 'Look! '
      expect(given).toEqual([])
      yield 'T'
      expect(given).toEqual(['Look! '])
      yield 'here.'
    }
    for await (const sentence of sentences(source())) given.push(sentence)
    expect(given).toEqual(['Look! ', 'There.'])
  })

  test('follow the language that is given', async () => {
    const greek = ['Τι; Ναι.']
    expect(await all(sentences(from(greek), 'el'))).toEqual(['Τι; ', 'Ναι.'])
    expect(await all(sentences(from(greek)))).toEqual(greek)
  })
})

describe.each([
  ['words', words],
  ['lines', lines],
  ['sentences', sentences],
] as const)('leaving %s', (_, cutting) => {
  test('leaves what they read from', async () => {
    let left = false
    async function* source(): AsyncGenerator<string> {
      try {
        for (;;) yield 'One. Two\nThree. '
      } finally {
        left = true
      }
    }
    for await (const _ of cutting(source())) break
    expect(left).toBe(true)
  })
})

test('a long text without an end in it is looked at once, not again for every piece', async () => {
  // A regular expression that begins again at every character needs 10^15 steps for this.
  const piece = 'word '.repeat(20)
  const long = Array.from({ length: 10_000 }, () => piece)
  expect(await all(lines(from(long)))).toEqual([long.join('')])
  expect((await all(words(from(long)))).length).toBe(200_000)
  expect(await all(words(from(long.map((each) => each.replaceAll(' ', '')))))).toHaveLength(1)
  expect(await all(sentences(from(long)))).toHaveLength(1)
})
