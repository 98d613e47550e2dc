import { communicate } from './communicate.ts'
import { generate } from './generate.ts'
import type { BuiltInKind } from './kind.ts'
import type { CommunicateParams } from './prompt.ts'

/** The built-in kinds and what each is told. */
export interface Kinds {
  generate: CommunicateParams
  communicate: CommunicateParams
}

/** Those whose result is text. */
export type TextKind = 'generate' | 'communicate'

export const BUILT_IN: { readonly [K in keyof Kinds]: BuiltInKind<Kinds[K], unknown> } = { generate, communicate }
