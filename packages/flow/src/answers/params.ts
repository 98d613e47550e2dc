import { BraidError, type Schema } from '@braid/core'

/** Makes the result what the schema puts out. */
export interface Structured<T> {
  /** Any Standard Schema, such as z.object({ … }), or jsonSchema({ … }). Its JSON Schema goes to the model. */
  output: Schema<T>
}

/** How a structured answer is got. */
export interface AnswerParams {
  /** How often a model is asked again for an answer that does not fit `output`, from 0 to 10. Default 0. Each time is a model call of its own. */
  repair?: number
  /**
   * What is shown of an answer that has to fit `output`: `live`, all of it as it comes, or `valid`, nothing until it is known to fit; of one
   * that does not, only what it used. Default `live`.
   */
  show?: 'live' | 'valid'
}

/** Throws `invalid_plan` for what would get no answer. */
export function checkAnswering(params: object, presence: 'needed' | 'optional' = 'optional'): void {
  const { output, repair, show } = params as { readonly [K in 'output' | 'repair' | 'show']?: unknown }
  const refuse = (wanted: string): never => {
    throw new BraidError('invalid_plan', `expected ${wanted}`)
  }
  if (output === undefined && presence === 'needed')
    refuse('an `output`: a Standard Schema, such as z.object({ … }), or jsonSchema({ … })')
  if (output !== undefined && !isSchema(output)) {
    refuse(`\`output\` to be a Standard Schema, such as z.object({ … }), or jsonSchema({ … }); got a ${typeof output}`)
  }
  if (repair !== undefined && !(Number.isInteger(repair) && (repair as number) >= 0 && (repair as number) <= 10)) {
    refuse(
      `\`repair\` to be how often an answer is asked for again, a whole number from 0 to 10; got ${String(repair)}`,
    )
  }
  if (show !== undefined && show !== 'live' && show !== 'valid')
    refuse(`\`show\` to be 'live' or 'valid'; got ${String(show)}`)
  if (output === undefined && (repair !== undefined || show !== undefined)) {
    refuse('an `output` beside `repair` and `show`: without one there is nothing that an answer has to fit')
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof (value as Partial<Schema> | null | undefined)?.['~standard']?.validate === 'function'
}
