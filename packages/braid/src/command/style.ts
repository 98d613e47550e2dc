import type { WriteStream } from 'node:tty'

type Style = (text: string) => string

/** Colours for a terminal, and none for anything else, or where NO_COLOR is set (https://no-color.org). */
export function styles(
  stream: Pick<WriteStream, 'isTTY'>,
): Record<'bold' | 'dim' | 'green' | 'red' | 'yellow', Style> & { lane(index: number): Style } {
  const on = stream.isTTY && !process.env['NO_COLOR']
  const style =
    (open: number, close: number): Style =>
    (text) =>
      on ? `\u001b[${open}m${text}\u001b[${close}m` : text
  const lanes = [36, 35, 33, 34, 32].map((colour) => style(colour, 39))
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    green: style(32, 39),
    red: style(31, 39),
    yellow: style(33, 39),
    lane: (index) => lanes[index % lanes.length] as Style,
  }
}
