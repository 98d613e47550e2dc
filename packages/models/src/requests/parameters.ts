import { BraidError } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import { isSimulated } from '../candidates.ts'
import type { ModelOptions } from '../options.ts'
import { type Body, merge, nested } from './merge.ts'

/** The options that are parameters of a request, by the names that manifests map. */
const PARAMETERS = [
  'temperature',
  'topP',
  'topK',
  'maxTokens',
  'stop',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'logprobs',
  'n',
] as const satisfies readonly (keyof ModelOptions)[]

/** What a model's options put into each of its requests. Throws, or warns where `unsupported` says so, for one that the provider or the model does not take. */
export function optionsOf(data: ManifestData, model: string, options: ModelOptions): Body {
  const body: Body = {}
  merge(body, reasoningOf(data, model, options))
  // Simulated candidates are requests of their own, and no parameter of any.
  const simulated = isSimulated(data)
  for (const name of PARAMETERS) {
    if (name === 'n' && simulated) continue
    const value = options[name]
    const target = data.parameters[name]
    const taken = target !== undefined && new RegExp(target.models ?? '').test(model)
    if (!taken) {
      if (value === undefined) continue
      const known = PARAMETERS.filter((each) => data.parameters[each] !== undefined || (each === 'n' && simulated))
      refuse(
        options,
        target === undefined
          ? `expected options that ${data.id} takes (${known.join(', ')}); got \`${name}\``
          : `expected options that the model ${model} of ${data.id} takes; got \`${name}\``,
      )
      continue
    }
    const path = target.path.split('.')
    const sent =
      value === undefined ? (has(body, path) ? undefined : target.default) : typeof value === 'string' ? [value] : value
    if (sent === undefined) continue
    if (typeof sent === 'number' && (sent < (target.min ?? -Infinity) || sent > (target.max ?? Infinity))) {
      throw new BraidError(
        'unsupported_parameter',
        `expected \`${name}\` for ${data.id} from ${target.min ?? 'any'} to ${target.max ?? 'any'}; got ${sent}`,
      )
    }
    merge(body, nested(path, sent))
    merge(body, target.beside)
  }
  if (options.cache !== undefined && options.cache !== '5m' && options.cache !== '1h') {
    options.cache satisfies never
    throw new BraidError('unsupported_parameter', "expected `cache` as '5m' or '1h'; got something else")
  }
  if (options.cache !== undefined && !data.cache_marks)
    refuse(
      options,
      `expected \`cache\` for a provider that wants marks; ${data.id} keeps what prompts share by itself, or not at all`,
    )
  return body
}

function reasoningOf(data: ManifestData, model: string, options: ModelOptions): Body {
  const { reasoning } = options
  const rule = data.reasoning.find(({ models }) => new RegExp(models ?? '').test(model))
  const always = rule?.always ?? {}
  if (reasoning === undefined) return always
  const body = rule?.efforts[reasoning]
  if (body !== undefined) return { ...always, ...body }
  const words = Object.keys(rule?.efforts ?? {})
  refuse(
    options,
    words.length === 0
      ? `expected no \`reasoning\` for the model ${model} of ${data.id}, for which Braid knows no way to say it; got '${String(reasoning)}'`
      : `expected \`reasoning\` for the model ${model} of ${data.id} as ${words.map((word) => `'${word}'`).join(', ')}; got '${String(reasoning)}'`,
  )
  return always
}

/** By the policy of the model: an error, or a warning, and the option is left out. */
function refuse(options: ModelOptions, what: string): void {
  if (options.unsupported !== 'warn') {
    throw new BraidError(
      'unsupported_parameter',
      `${what}. Leave it out, or say \`unsupported: 'warn'\`; a field of the provider's own goes into \`providerOptions\``,
    )
  }
  process.emitWarning(`${what}. It is left out`, { code: 'BRAID_UNSUPPORTED' })
}

function has(body: Body, path: readonly string[]): boolean {
  let at: unknown = body
  for (const name of path) at = typeof at === 'object' && at !== null ? (at as Body)[name] : undefined
  return at !== undefined
}
