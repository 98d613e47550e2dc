const WORD = /\s*\S{1,16}|\s+$/gu

/**
 * Cuts text the way models stream it: a word with the white space before it, long words in pieces of 16 characters.
 * Joined, the pieces are the text again. One piece is one token wherever this package counts tokens.
 */
export function words(text: string): readonly string[] {
  return text.match(WORD) ?? []
}
