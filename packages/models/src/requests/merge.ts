export type Body = Record<string, unknown>

/** Object by object; anything else takes the place of what was there. */
export function merge(into: Body, from: Readonly<Body>): void {
  for (const [name, value] of Object.entries(from)) {
    const there = into[name]
    if (!isObject(value)) into[name] = value
    else {
      // A copy, so that what was given is never written to.
      const copy: Body = isObject(there) ? { ...there } : {}
      merge(copy, value)
      into[name] = copy
    }
  }
}

export function nested(path: readonly string[], value: unknown): Body {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Body
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
