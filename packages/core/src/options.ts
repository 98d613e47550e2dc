import { closest } from './closest.ts'
import { BraidError, type ErrorCode } from './error.ts'

/** Every option of `T`, each once: `{ signal: true, fresh: true } satisfies Known<FlowOptions>` keeps the list whole. */
export type Known<T> = Readonly<Record<keyof T, true>>

/**
 * Throws where options are no object, or have one that nobody knows: left out in silence, a misspelt option does the opposite of what was
 * asked. `of` says whose options they are; nothing of what was given is shown but the name.
 *
 * @example
 * checkKnown(options, { signal: true, fresh: true }, { of: 'flow', code: 'invalid_plan' })
 */
export function checkKnown(
  given: unknown,
  known: Readonly<Record<string, true>>,
  { of, code = 'invalid_request' }: { readonly of: string; readonly code?: ErrorCode },
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const what = Array.isArray(given) ? 'a list' : given === null ? 'null' : typeof given
    throw new BraidError(code, `expected the options of ${of} as an object { ${names(known)} }; got ${what}`)
  }
  for (const name in given) {
    if (Object.hasOwn(known, name)) continue
    const meant = closest(name, Object.keys(known))
    throw new BraidError(
      code,
      `expected the options of ${of} to be among ${names(known)}; got \`${name}\`${meant === undefined ? '' : `. Did you mean \`${meant}\`?`}`,
    )
  }
}

function names(known: Readonly<Record<string, true>>): string {
  return Object.keys(known).join(', ')
}
