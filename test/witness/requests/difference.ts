export interface Difference {
  /** `messages.0.content` */
  readonly path: string
  readonly braid: unknown
  readonly other: unknown
}

/** Where two bodies differ, as deep as they can be told apart. What is undefined is not there. */
export function differencesOf(braid: unknown, other: unknown, path = ''): readonly Difference[] {
  if (Object.is(braid, other)) return []
  if (Array.isArray(braid) && Array.isArray(other)) {
    if (braid.length !== other.length) return [{ path, braid, other }]
    return braid.flatMap((each, at) => differencesOf(each, other[at], join(path, String(at))))
  }
  if (isObject(braid) && isObject(other)) {
    const names = [...new Set([...Object.keys(braid), ...Object.keys(other)])]
    return names.flatMap((name) => differencesOf(braid[name], other[name], join(path, name)))
  }
  return [{ path, braid, other }]
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
