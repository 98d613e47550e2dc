/** What one side says without a pause: a role, and its parts in order. */
export interface Speech<R extends string, P> {
  readonly role: R
  readonly parts: readonly P[]
}

/** Neighbours of one role as one, for the APIs that want the roles to alternate. */
export function alternating<R extends string, P>(speeches: readonly Speech<R, P>[]): readonly Speech<R, P>[] {
  const merged: { role: R; parts: P[] }[] = []
  for (const { role, parts } of speeches) {
    const last = merged.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else if (parts.length > 0) merged.push({ role, parts: [...parts] })
  }
  return merged
}
