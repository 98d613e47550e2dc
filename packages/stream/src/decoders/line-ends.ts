/**
 * CRLF and CR alone to LF, also where a read ends between the two. eventsource-parser knows all three, but a CR at the end of a read makes
 * it hold back what follows until the next line end, so that what it gives would depend on the cuts.
 */
export class LineEnds {
  #afterCarriageReturn = false

  push(text: string): string {
    if (text === '') return text
    const rest = this.#afterCarriageReturn && text.startsWith('\n') ? text.slice(1) : text
    this.#afterCarriageReturn = text.endsWith('\r')
    return rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest
  }
}
