import { BraidError, type ModelRequest, type ToolChoice } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import type { ModelOptions } from '../options.ts'
import { type JsonSchema, jsonSchemaOf } from './schemas/json-schema.ts'

/** What a model may call, as it is told. */
interface ToolDefinition {
  readonly name: string
  readonly description: string
  readonly schema: JsonSchema
}

/** The tools of a request, and how they are to be used. */
export interface Toolbox {
  readonly tools: readonly ToolDefinition[]
  readonly choice: ToolChoice | undefined
}

const NONE: Toolbox = { tools: [], choice: undefined }

/** Throws `invalid_request` for what is no tool, two of one name, and a choice that cannot be met; `unsupported_parameter` where the provider has none. */
export function toolboxOf(
  { tools = [], toolChoice }: ModelRequest,
  data: ManifestData,
  policy: ModelOptions['unsupported'],
): Toolbox {
  if (!Array.isArray(tools)) throw invalid('`tools` as a list of tools', typeof tools)
  if (tools.length === 0) {
    if (toolChoice === 'required' || typeof toolChoice === 'object')
      throw invalid('tools for the model to choose from', 'a `toolChoice` and no `tools`')
    return NONE
  }
  if (data.tools === false) {
    throw new BraidError(
      'unsupported_parameter',
      `expected a request without tools, which ${data.id} does not have; got ${tools.length}. Take another provider, or say in text what you want`,
    )
  }
  const definitions = tools.map(definitionOf)
  const names = new Set<string>()
  for (const { name } of definitions) {
    if (names.has(name)) throw invalid('tools of different names', `two of the name "${name}"`)
    names.add(name)
  }
  checkChoice(toolChoice, names)
  return { tools: definitions, choice: choiceOf(toolChoice, data.id, data.tools.choices, policy) }
}

/** Whether calls may stand in the request as calls. Some APIs refuse them where no tool is offered. */
export function offers({ tools, choice }: Toolbox, data: ManifestData): boolean {
  if (data.tools === false) return false
  return !data.tools.offered || (tools.length > 0 && choice !== 'none')
}

function choiceOf(
  choice: ToolChoice | undefined,
  provider: string,
  choices: readonly string[],
  policy: ModelOptions['unsupported'],
): ToolChoice | undefined {
  const way = typeof choice === 'object' ? 'one' : choice
  if (way === undefined || choices.includes(way)) return choice
  const what = `expected a \`toolChoice\` that ${provider} has (${choices.join(', ')}); got ${typeof choice === 'object' ? 'one tool by its name' : `'${choice}'`}`
  if (policy !== 'warn')
    throw new BraidError('unsupported_parameter', `${what}. Leave it out, or say \`unsupported: 'warn'\``)
  process.emitWarning(`${what}. It is left out`, { code: 'BRAID_UNSUPPORTED' })
  return undefined
}

function definitionOf(tool: unknown): ToolDefinition {
  const { name, description, input } = (typeof tool === 'object' && tool !== null ? tool : {}) as Partial<
    NonNullable<ModelRequest['tools']>[number]
  >
  if (typeof name !== 'string' || typeof description !== 'string' || input === undefined)
    throw invalid('tools made by tool({ … })', `a ${typeof tool}`)
  const schema = jsonSchemaOf(input, `the tool "${name}"`)
  if (schema['type'] === 'object') return { name, description, schema }
  throw invalid(
    `the input of the tool "${name}" to be an object with properties, which is what providers take`,
    `a schema of ${typeof schema['type'] === 'string' ? `type ${schema['type']}` : 'several'}`,
  )
}

function checkChoice(choice: ToolChoice | undefined, names: ReadonlySet<string>): void {
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required') return
  const name: unknown = choice?.toolName
  if (typeof name === 'string' && names.has(name)) return
  throw invalid(
    `\`toolChoice\` as 'auto', 'none', 'required' or the name of one of ${[...names].join(', ')}`,
    typeof name === 'string' ? `"${name}"` : typeof choice,
  )
}

function invalid(expected: string, got: string): BraidError {
  return new BraidError('invalid_request', `expected ${expected}; got ${got}`)
}
