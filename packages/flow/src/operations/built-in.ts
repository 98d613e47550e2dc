import { communicate } from './communicate.ts'
import { generate } from './generate.ts'
import { type InterpretParams, interpret } from './interpret.ts'
import type { BuiltInKind } from './kind.ts'
import { type ParseParams, parse } from './parse.ts'
import type { CommunicateParams } from './prompt.ts'

/** The built-in kinds and what each is told. */
export interface Kinds {
  generate: CommunicateParams
  communicate: CommunicateParams
  parse: ParseParams
  interpret: InterpretParams
}

/** Those whose result is text. */
export type TextKind = 'generate' | 'communicate' | 'interpret'

export const BUILT_IN = { generate, communicate, parse, interpret } satisfies Record<
  keyof Kinds,
  BuiltInKind<never, unknown>
>
