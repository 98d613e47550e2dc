import type { RuleSource } from '../manifest-data.ts'
import type { Upstream, UpstreamRule } from './document.ts'
import { type Draft, draft } from './draft.ts'
import { isPath, rooted, rootedCondition } from './expression.ts'
import type { Remark, Remarks } from './remarks.ts'

type Fields = NonNullable<RuleSource['fields']>

/** What manifests also call the fields of an event. */
const ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PartialContentDelta: { text: 'content', delta: 'content' },
  ThinkingDelta: { content: 'thinking', text: 'thinking', reasoning: 'thinking' },
  ToolCallStarted: { id: 'tool_call_id', name: 'tool_name', partial_json: 'arguments', input: 'arguments' },
  PartialToolCall: { id: 'tool_call_id', name: 'tool_name', partial_json: 'arguments', input: 'arguments' },
}
const CARRIER: Readonly<Record<string, string>> = {
  PartialContentDelta: 'content',
  ThinkingDelta: 'thinking',
  Metadata: 'usage',
  UsageReport: 'usage',
  FinalCandidate: 'finish_reason',
}

/** Makes Braid's rules of a manifest's. One of them may say two things: `Metadata` with a reason, `StreamEnd` with usage. */
export class RuleReader {
  readonly #document: Upstream
  readonly #remarks: Remarks
  /** The array of candidates: what a rule says of the first, it says of each. */
  readonly #candidates: string | undefined
  /** Whether its family is known to say why an answer ends. */
  readonly #reasonsKnown: boolean

  constructor(document: Upstream, remarks: Remarks, candidates: string | undefined, reasonsKnown: boolean) {
    this.#reasonsKnown = reasonsKnown
    this.#document = document
    this.#remarks = remarks
    this.#candidates = candidates
  }

  read(rule: UpstreamRule, from: string): Draft[] {
    const match = rule.match === undefined ? undefined : this.general(rootedCondition(rule.match))
    const fields = this.#fields(rule, from)
    if (this.#candidates !== undefined && JSON.stringify(rule).includes(`${this.#candidates}[0]`))
      this.#remarks.add(
        'overruled',
        from,
        `it reads the first of \`${this.#candidates}\` alone: each of them is read, as the candidate that it is`,
      )
    const carrier = CARRIER[rule.emit]
    // `match: $.choices[0].delta.content` says where it is.
    if (carrier && Object.keys(fields).length === 0 && match?.startsWith('$') && /^\$[^\s=!<>&|]*$/.test(match))
      fields[carrier] = match
    const { usage, finish_reason, tool_calls, tool_call, candidate_index: _, ...others } = fields
    const rules: RuleSource[] = []
    const add = (emit: RuleSource['emit'], own: Fields, condition = match) =>
      rules.push({ ...(condition === undefined ? {} : { match: condition }), emit, fields: own })

    switch (rule.emit) {
      case 'ToolCallStarted':
      case 'PartialToolCall':
        if (typeof tool_calls === 'string') rules.push(this.calls(`${tool_calls}[*]`, match))
        else if (typeof tool_call === 'string') rules.push(this.calls(tool_call, match))
        else add(rule.emit, others)
        break
      case 'ToolCallEnded':
        // A block without a number has its call's id for one.
        add('ToolCallEnded', { ...('tool_call_id' in others ? { index: others['tool_call_id'] } : {}), ...others })
        break
      case 'PartialContentDelta':
      case 'ThinkingDelta':
        add(rule.emit, others)
        break
      case 'StreamError':
        add('StreamError', {})
        break
      case 'Metadata':
      case 'UsageReport':
      case 'FinalCandidate':
      case 'StreamEnd': {
        const counts = usage ?? countsOf(others)
        if (counts !== undefined) add('Metadata', { usage: counts })
        if (isPath(finish_reason)) add('FinalCandidate', { finish_reason }, both(match, finish_reason))
        else if (finish_reason !== undefined) this.#literalReason(rule, finish_reason, from, add)
        if (rule.emit === 'StreamEnd' && !isPath(finish_reason)) add('StreamEnd', {})
        for (const name of Object.keys(others))
          if (!/tokens$/.test(name))
            this.#remarks.add(
              'unused',
              `${from}.${name}`,
              `\`${rule.emit}\` has usage and a reason; the frame itself is in \`rawResponse\``,
            )
        break
      }
      default:
        rule.emit satisfies never
    }
    return rules.map((each) => draft(trimmed(each), from))
  }

  /** Tool calls where only their place is known: by the paths of `tooling.tool_use`, then as the big three write them. */
  calls(each: string, condition = ''): RuleSource {
    const use = this.#document.tooling?.tool_use ?? {}
    const at = (said: string | undefined, ...usual: string[]) =>
      [...new Set([...(said === undefined ? [] : [said.replace(/^\$\.?/, '')]), ...usual])].map(
        (name) => `${each}.${name}`,
      )
    return {
      // That something is there goes without saying; anything else is asked.
      match: /[=<>]|\bin\b/.test(condition) ? `(${condition}) && exists(${each})` : `exists(${each})`,
      emit: 'PartialToolCall',
      fields: {
        index: at(use.index_path, 'index'),
        tool_call_id: at(use.id_path, 'id'),
        tool_name: at(use.name_path, 'function.name', 'name'),
        arguments: at(use.arguments_path ?? use.input_path, 'function.arguments', 'arguments', 'args', 'input'),
      },
    }
  }

  remark(kind: Remark['kind'], field: string, text: string): void {
    this.#remarks.add(kind, field, text)
  }

  /** What is said of the first candidate, said of each. */
  general(text: string): string {
    return this.#candidates === undefined ? text : text.replaceAll(`${this.#candidates}[0]`, `${this.#candidates}[*]`)
  }

  #fields(rule: UpstreamRule, from: string): Fields {
    const fields: Fields = {}
    for (const [name, value] of Object.entries({ ...rule.fields, ...rule.extract })) {
      if (typeof value === 'string' && value.startsWith('_')) {
        this.#remarks.add(
          'unused',
          `${from}.${name}`,
          `\`${value}\`: an id that a provider does not give is made from the answer, so that the same bytes give the same one`,
        )
        continue
      }
      const known = name === 'stop_reason' ? 'finish_reason' : (ALIASES[rule.emit]?.[name] ?? name)
      if (Array.isArray(value)) fields[known] = value.map((path) => this.general(rooted(path)))
      else fields[known] = isPath(value) ? this.general(rooted(value)) : value
    }
    return fields
  }

  /** A reason that is always the same counts where the provider says none. */
  #literalReason(
    rule: UpstreamRule,
    reason: Fields[string],
    from: string,
    add: (emit: RuleSource['emit'], fields: Fields) => void,
  ): void {
    const others = this.#document.streaming.event_map.filter((each) => each !== rule)
    const elsewhere = others.some(({ fields, extract }) => {
      const all = { ...fields, ...extract }
      return isPath(all['finish_reason'] ?? all['stop_reason'])
    })
    if (elsewhere || this.#reasonsKnown)
      this.#remarks.add(
        'unused',
        `${from}.finish_reason`,
        `always \`${String(reason)}\`, where the provider says the reason itself`,
      )
    else add('FinalCandidate', { finish_reason: reason })
  }
}

/** Counts without an object around them. */
function countsOf(fields: Fields): Readonly<Record<string, string>> | undefined {
  const counts = Object.entries(fields).filter(
    (entry): entry is [string, string] => /tokens$/.test(entry[0]) && typeof entry[1] === 'string',
  )
  return counts.length === 0 ? undefined : Object.fromEntries(counts)
}

function both(match: string | undefined, path: string): string {
  if (match === undefined || match === path || match === `exists(${path})`) return path
  return `${/\|\|/.test(match) ? `(${match})` : match} && ${path}`
}

function trimmed(rule: RuleSource): RuleSource {
  return rule.fields && Object.keys(rule.fields).length === 0
    ? { ...(rule.match === undefined ? {} : { match: rule.match }), emit: rule.emit }
    : rule
}
