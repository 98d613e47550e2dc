/** Text as a terminal may have it: control characters, which it would obey, are written as JSON writes them. */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}
