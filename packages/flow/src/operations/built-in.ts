import { type ActParams, act } from './act.ts'
import { communicate } from './communicate.ts'
import { generate } from './generate.ts'
import { type InterpretParams, interpret } from './interpret.ts'
import type { BuiltInKind } from './kind.ts'
import { type OperateParams, operate } from './operate.ts'
import { type ParseParams, parse } from './parse.ts'
import type { CommunicateParams, GenerateParams } from './prompt.ts'
import { type ReactParams, react } from './react.ts'

/** The built-in kinds and what each is told. */
export interface Kinds {
  generate: GenerateParams
  communicate: CommunicateParams
  parse: ParseParams
  operate: OperateParams
  react: ReactParams
  interpret: InterpretParams
  act: ActParams
}

/** Those whose result is text, where they have no `output`. */
export type TextKind = 'generate' | 'communicate' | 'react' | 'interpret'

/** Those whose result is what an `output` makes of it. */
export type StructuredKind = Exclude<TextKind, 'interpret'> | 'parse' | 'operate'

export const BUILT_IN: { readonly [K in keyof Kinds]: BuiltInKind<never, unknown> } = {
  generate,
  communicate,
  parse,
  operate,
  react,
  interpret,
  act,
}
