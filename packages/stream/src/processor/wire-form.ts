/** An event as its wire has it: clients give bytes where JSON has base64. An event without bytes is returned as it is. */
export function wireForm(event: object): object {
  return hasBytes(event) ? (converted(event) as object) : event
}

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof Uint8Array) return true
  return Object.values(value).some(hasBytes)
}

function converted(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(converted)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, converted(each)]))
}
