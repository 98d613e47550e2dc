import { PartialJson } from '@braid/core'

/**
 * What can already be read of a tool call's arguments, from their text so far: whole values, open strings as far as they go, open objects
 * and arrays with what is in them. A number or a literal that may go on is left out. Undefined where nothing can be read, or the text is
 * not the beginning of JSON.
 *
 * For showing, never for running: each call reads the text from its start, so call it when you draw and not per delta.
 *
 * @example
 * previewOf('{"city":"Par') // { city: 'Par' }
 */
export function previewOf(rawInput: string): unknown {
  const json = new PartialJson()
  const rest = json.push(rawInput)
  json.end()
  return json.state === 'broken' || rawInput.slice(rest).trim() !== '' ? undefined : json.value
}
