import { asBraidError, BraidError } from './error.ts'
import { type SchemaResult, wordsOfIssues } from './schema.ts'
import type { Tool } from './tool.ts'

/**
 * What the tool's schema puts out for this input. Rejects with `invalid_tool_input`, naming the fields, for what it refuses; also when it could not tell. The
 * message is for whoever gave the input, which may be a model.
 */
export async function checkedInput({ name, input: schema }: Tool, input: unknown): Promise<unknown> {
  let result: SchemaResult<unknown>
  try {
    result = await schema['~standard'].validate(input)
  } catch (error) {
    const { message } = asBraidError(error, 'invalid_tool_input')
    throw new BraidError('invalid_tool_input', `the input of the tool "${name}" could not be checked: ${message}`, {
      cause: error,
    })
  }
  if (result.issues === undefined) return result.value
  throw new BraidError(
    'invalid_tool_input',
    `the tool "${name}" was not run, because its input does not fit: ${wordsOfIssues(result.issues)}`,
  )
}
