import { BraidError, closest, Tool } from '@braid/core'
import { accessDenied, mayUse } from '../session/access.ts'
import type { Branch } from '../session/branch.ts'

/** Throws `invalid_plan` for what are no tools, and `duplicate_name` for two of one name. */
export function checkTools(tools: unknown): void {
  if (tools === undefined) return
  if (!Array.isArray(tools)) {
    throw new BraidError('invalid_plan', `expected \`tools\` to be a list of tools; got ${typeof tools}`)
  }
  const names = new Set<string>()
  for (const each of tools as readonly unknown[]) {
    if (!(each instanceof Tool) && (typeof each !== 'string' || each === '')) {
      const got = typeof each === 'function' ? 'a function: make a tool of it with Tool.fromFunction' : typeof each
      throw new BraidError('invalid_plan', `expected each of \`tools\` to be a tool, or the name of one; got ${got}`)
    }
    const name = typeof each === 'string' ? each : each.name
    if (names.has(name)) {
      throw new BraidError('duplicate_name', `two of \`tools\` are called "${name}"; a model calls them by name`)
    }
    names.add(name)
  }
}

/** The tools of one operation, by name. */
export class Toolbox {
  /** Those that a model is told of. */
  readonly offered: readonly Tool[]
  readonly #tools: ReadonlyMap<string, Tool>
  readonly #branch: Branch | undefined

  /** Names are looked up with `find`, which throws `unknown_tool`. The branch may forbid some. */
  constructor(tools: readonly (Tool | string)[], find: (name: string) => Tool, branch: Branch | undefined) {
    const found = tools.map((each) => (typeof each === 'string' ? find(each) : each))
    this.#tools = new Map(found.map((tool) => [tool.name, tool]))
    this.#branch = branch
    this.offered = found.filter(({ name }) => mayUse(branch, name))
  }

  /** Throws `unknown_tool`, listing those there are, and `access_denied` for one that the branch forbids. */
  get(name: string): Tool {
    const branch = this.#branch
    if (branch && !mayUse(branch, name)) throw accessDenied(branch, 'tool', name)
    const tool = this.#tools.get(name)
    if (tool) return tool
    const known = this.offered.map((each) => each.name)
    const meant = closest(name, known)
    throw new BraidError(
      'unknown_tool',
      `no tool is called "${name}"${meant === undefined ? '' : ` (did you mean "${meant}"?)`}; there are: ${known.join(', ') || 'none'}`,
    )
  }
}
