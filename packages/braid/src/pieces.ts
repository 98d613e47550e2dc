/*
 * A model cuts its text anywhere. These give it back in pieces that a person would name, as soon as each is whole. What they give, joined,
 * is the text (but for the ends of `lines`).
 */

/**
 * Whole words, each with the white space behind it.
 *
 * @example
 * for await (const word of words(stream.text())) count += 1
 */
export async function* words(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  yield* whole(text, (rest) => rest.match(/\S*\s+(?=\S)/g) ?? [])
}

/** Whole lines, without their ends (LF or CRLF). */
export async function* lines(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  for await (const line of whole(text, (rest) => rest.match(/[^\n]*\n/g) ?? [])) yield line.replace(/\r?\n$/, '')
}

/**
 * Whole sentences, each with the white space behind it, by the rules of Unicode (UAX #29) for the language.
 *
 * @example
 * for await (const sentence of sentences(stream.text())) speak(sentence)
 */
export async function* sentences(text: AsyncIterable<string>, language = 'en'): AsyncGenerator<string, void> {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' })
  yield* whole(text, (rest) => {
    const found = Array.from(segmenter.segment(rest), ({ segment }) => segment)
    // The last one may still grow.
    return found.slice(0, -1)
  })
}

/** What `ready` finds complete at the beginning of what is held back; in the end the rest. */
async function* whole(
  text: AsyncIterable<string>,
  ready: (rest: string) => readonly string[],
): AsyncGenerator<string, void> {
  let rest = ''
  for await (const piece of text) {
    rest += piece
    for (const found of ready(rest)) {
      rest = rest.slice(found.length)
      yield found
    }
  }
  if (rest !== '') yield rest
}
