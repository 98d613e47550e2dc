/*
 * A model cuts its text anywhere. These give it back in pieces that a person would name, each as soon as it is known to be whole, and the
 * same ones however the text was cut. What they give, joined, is the text (but for the ends of `lines`).
 */

/**
 * Whole words, each with the white space behind it; white space before the first comes with it.
 *
 * @example
 * for await (const word of words(stream.text())) count += 1
 */
export async function* words(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  let begun = false
  let spaced = false
  yield* whole(text, (piece) => {
    const starts: number[] = []
    for (const { index, 0: run } of piece.matchAll(/\s+|\S+/g)) {
      if (/\s/.test(run)) spaced = begun
      else {
        if (spaced) starts.push(index)
        begun = true
        spaced = false
      }
    }
    return starts
  })
}

/** Whole lines, without their ends (LF or CRLF). */
export async function* lines(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  const ended = whole(text, (piece) => Array.from(piece.matchAll(/\n/g), ({ index }) => index + 1))
  for await (const line of ended) yield line.replace(/\r?\n$/, '')
}

/** What may end a sentence. Not all of it does: the dot in `3.14` does not. */
const MAY_END = /[\p{Sentence_Terminal}\n\r\u0085\u2028\u2029\u2024\ufe52\uff0e;\u037e]/u

/**
 * The text up to the last thing that tells whether a sentence ended before it: a letter, another end, or a new paragraph (rule SB8 of
 * UAX #29: `etc. 12` is over, and `etc. 12 of them` is not).
 */
const DECIDED = /^.*(?:(?!\p{Grapheme_Extend})\p{L}|[\p{Sentence_Terminal}\n\r\u0085\u2028\u2029])/su

/**
 * Whole sentences, each with the white space behind it, by the rules of Unicode (UAX #29) for the language.
 *
 * @example
 * for await (const sentence of sentences(stream.text())) speak(sentence)
 */
export async function* sentences(text: AsyncIterable<string>, language = 'en'): AsyncGenerator<string, void> {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' })
  let rest = ''
  let mayEnd = false
  for await (const piece of text) {
    rest += piece
    mayEnd ||= MAY_END.test(piece)
    if (!mayEnd) continue
    const decided = DECIDED.exec(rest)?.[0].length ?? 0
    const whole: string[] = []
    let end = 0
    for (const { segment } of segmenter.segment(rest)) {
      end += segment.length
      if (end >= decided) break
      whole.push(segment)
    }
    rest = rest.slice(whole.join('').length)
    yield* whole
    mayEnd = MAY_END.test(rest)
  }
  if (rest !== '') for (const { segment } of segmenter.segment(rest)) yield segment
}

/** What lies between the places that `starts` finds in each piece of text, where something new begins; in the end the rest. */
async function* whole(
  text: AsyncIterable<string>,
  starts: (piece: string) => Iterable<number>,
): AsyncGenerator<string, void> {
  let held: string[] = []
  for await (const piece of text) {
    let from = 0
    for (const start of starts(piece)) {
      held.push(piece.slice(from, start))
      yield held.join('')
      held = []
      from = start
    }
    if (from < piece.length) held.push(piece.slice(from))
  }
  if (held.length > 0) yield held.join('')
}
