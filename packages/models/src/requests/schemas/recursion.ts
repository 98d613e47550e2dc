import type { JsonSchema } from './json-schema.ts'

/** Whether following its references ever comes back to where it was. */
export function isRecursive(root: JsonSchema): boolean {
  const open = new Set<string>()
  const done = new Set<string>()
  const walk = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(walk)
    if (!isObject(value)) return false
    const { $ref, $defs: _, definitions: __, ...rest } = value
    if (typeof $ref === 'string') {
      if ($ref === '#' || open.has($ref)) return true
      if (!done.has($ref)) {
        open.add($ref)
        if (walk(at(root, $ref))) return true
        open.delete($ref)
        done.add($ref)
      }
    }
    return Object.values(rest).some(walk)
  }
  return walk(root)
}

/** What a reference within the document points to. */
function at(root: JsonSchema, ref: string): unknown {
  if (!ref.startsWith('#/')) return undefined
  let value: unknown = root
  for (const name of ref.slice(2).split('/')) {
    value = isObject(value) ? value[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return value
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
