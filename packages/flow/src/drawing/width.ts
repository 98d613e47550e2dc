const SEGMENTS = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** East Asian wide and fullwidth, by block (https://www.unicode.org/reports/tr11/), and pictures. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f1e6}-\u{1f1ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

/** Most names are plain letters, and what is drawn around them is known: a hundred times faster than looking at each character. */
const NARROW = /^[\x20-\x7e\xa0-\u02ff\u2026\u2190-\u2193\u2298\u2500-\u25cf\u2713\u2717]*$/

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length
  let width = 0
  for (const { segment } of SEGMENTS.segment(text)) width += columns(segment)
  return width
}

/** As much of a text as fits, with an ellipsis where some of it is missing. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let fitting = ''
  let room = width - 1
  for (const { segment } of SEGMENTS.segment(text)) {
    room -= columns(segment)
    if (room < 0) break
    fitting += segment
  }
  return width < 1 ? '' : `${fitting}…`
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

function columns(grapheme: string): number {
  return WIDE.test(grapheme) || grapheme.includes('\ufe0f') ? 2 : 1
}
