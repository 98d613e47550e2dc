/**
 * Any Standard Schema (zod, valibot, arktype, …) that puts out `T`. Braid imports none of them.
 * The shape is the one of https://standardschema.dev, version 1.
 */
export interface Schema<out T = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>
    /** Where the schema tells its JSON Schema itself (Standard JSON Schema, version 1). */
    readonly jsonSchema?: JsonSchemaOf | undefined
  }
}

export interface JsonSchemaOf {
  readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
  readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
}

export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] }

/** What a schema has against a value, each with the path to it: `` `lines[2].price`: expected number, received string ``. */
export function wordsOfIssues(issues: NonNullable<SchemaResult<unknown>['issues']>): string {
  return issues
    .map(({ message, path = [] }) => (path.length === 0 ? message : `\`${pathOf(path)}\`: ${message}`))
    .join('; ')
}

/** A step is a key, or an object that has it: https://standardschema.dev, `StandardSchemaV1.PathSegment`. */
function pathOf(path: readonly unknown[]): string {
  return path
    .map((step) => (typeof step === 'object' && step !== null && 'key' in step ? step.key : step))
    .map((key, place) => (typeof key === 'number' ? `[${key}]` : `${place === 0 ? '' : '.'}${String(key)}`))
    .join('')
}
