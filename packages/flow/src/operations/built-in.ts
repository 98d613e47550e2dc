import { type ActParams, act } from './act.ts'
import { communicate } from './communicate.ts'
import { generate } from './generate.ts'
import type { BuiltInKind } from './kind.ts'
import { type OperateParams, operate } from './operate.ts'
import type { CommunicateParams } from './prompt.ts'
import { type ReactParams, react } from './react.ts'

/** The built-in kinds and what each is told. */
export interface Kinds {
  generate: CommunicateParams
  communicate: CommunicateParams
  operate: OperateParams
  react: ReactParams
  act: ActParams
}

/** Those whose result is text, where they have no `output`. */
export type TextKind = 'generate' | 'communicate' | 'react'

/** Those whose result is what an `output` makes of it. */
export type StructuredKind = TextKind | 'operate'

export const BUILT_IN: { readonly [K in keyof Kinds]: BuiltInKind<never, unknown> } = {
  generate,
  communicate,
  operate,
  react,
  act,
}
