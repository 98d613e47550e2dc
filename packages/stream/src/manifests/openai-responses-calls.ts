import type { RuleSource } from '../manifest-data.ts'

/** What marks a call of one kind of item, and where its name and its arguments are. */
interface ItemCall {
  /** The item's type, or more of a condition. */
  readonly match: string
  /** A constant, or where in the item it is. */
  readonly name: string
  readonly input: string | Record<string, string>
  /** Whether the arguments are text that may arrive in pieces before. */
  readonly text?: true
  /** Whether OpenAI runs it. */
  readonly server?: true
  /** Whether the input is text as it stands. */
  readonly free?: true
}

/** `%` stands for the item. Source: platform.openai.com/docs/api-reference/responses/object, `output`. */
const CALLS: readonly ItemCall[] = [
  { match: "%.type == 'function_call'", name: '%.name', input: '%.arguments', text: true },
  { match: "%.type == 'custom_tool_call'", name: '%.name', input: '%.input', text: true, free: true },
  { match: "%.type == 'mcp_call'", name: '%.name', input: '%.arguments', text: true, server: true },
  { match: "%.type == 'web_search_call'", name: 'web_search', input: '%.action', server: true },
  { match: "%.type == 'file_search_call'", name: 'file_search', input: { queries: '%.queries' }, server: true },
  {
    match: "%.type == 'code_interpreter_call'",
    name: 'code_interpreter',
    input: { code: '%.code', container_id: '%.container_id' },
    server: true,
  },
  {
    match: "%.type == 'image_generation_call'",
    name: 'image_generation',
    input: { prompt: '%.revised_prompt' },
    server: true,
  },
  // These have a container of OpenAI's to run in, or else whoever asked is to run them.
  {
    match: "%.type == 'shell_call' && exists(%.environment.container_id)",
    name: 'shell',
    input: '%.action',
    server: true,
  },
  { match: "%.type == 'shell_call' && !exists(%.environment.container_id)", name: 'shell', input: '%.action' },
  {
    match: "%.type == 'tool_search_call' && %.execution != 'client'",
    name: 'tool_search',
    input: '%.arguments',
    server: true,
  },
  { match: "%.type == 'tool_search_call' && %.execution == 'client'", name: 'tool_search', input: '%.arguments' },
  { match: "%.type == 'local_shell_call'", name: 'local_shell', input: '%.action' },
  { match: "%.type == 'apply_patch_call'", name: 'apply_patch', input: '%.operation' },
  {
    match: "%.type == 'computer_call'",
    name: 'computer',
    input: { action: '%.action', actions: '%.actions', pending_safety_checks: '%.pending_safety_checks' },
  },
]

/** The rules of all calls for an item at one place: as it begins in a stream, as it ends there, or in a plain answer. */
export function callsOf(item: string, index: string | string[], phase: 'added' | 'done' | 'plain'): RuleSource[] {
  const at = (text: string) => text.replaceAll('%', item)
  const value = (input: ItemCall['input']) =>
    typeof input === 'string'
      ? at(input)
      : Object.fromEntries(Object.entries(input).map(([name, path]) => [name, at(path)]))
  const type = phase === 'plain' ? '' : `$.type == 'response.output_item.${phase}' && `
  return CALLS.map(({ match, name, input, text, server, free }) => ({
    match: type + at(match),
    emit: phase === 'added' ? 'ToolCallStarted' : 'PartialToolCall',
    fields: {
      index,
      tool_call_id: [`${item}.call_id`, `${item}.id`],
      tool_name: at(name),
      ...(server ? { provider_executed: true } : {}),
      ...(free ? { free_text: true } : {}),
      ...(phase === 'added' ? {} : text ? { arguments_so_far: value(input) } : { arguments: value(input) }),
    },
  }))
}
