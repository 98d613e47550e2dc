import type { StreamCase } from '../support/corpus.ts'
import type { Standard } from './standards.ts'

/** A case, and everything that is wrong with how it was read. */
export interface Verdict {
  readonly streamCase: StreamCase
  readonly wrong: readonly string[]
  readonly framingOnly: boolean
  readonly ambiguous: boolean
}

const WIDTH = 120
/** The first difference, and no more of a long text than shows where it is. */
const SHOWN = 600

/** What a run of the corpus came to: a table by API and feature, what failed, the standards, and the count. */
export function* report(verdicts: readonly Verdict[], standards: readonly Standard[]): Generator<string> {
  yield* table(verdicts)
  const framingOnly = verdicts.filter((verdict) => verdict.framingOnly)
  if (framingOnly.length > 0) yield `\nBy their frames alone: ${framingOnly.length}`
  for (const { streamCase, wrong } of verdicts.filter((verdict) => verdict.ambiguous))
    yield `\nAmbiguous: ${streamCase.id} (${wrong.length === 0 ? 'as expected' : 'differs'})`
  const failed = verdicts.filter((verdict) => !passes(verdict))
  for (const { streamCase, wrong } of failed) yield `\nFAILED ${streamCase.id}\n  ${more(wrong)}`
  if (standards.length > 0) {
    yield `\nStandards: ${standards.map(({ name, passed, failures }) => `${name} ${passed}/${passed + failures.length}`).join(', ')}`
    for (const { name, failures } of standards)
      for (const [vector, wrong] of failures) yield `\nFAILED ${name}: ${vector}\n  ${short(wrong)}`
  }
  yield `\n${verdicts.length - failed.length} passed, ${failed.length} failed`
}

function* table(verdicts: readonly Verdict[]): Generator<string> {
  const apis = group(verdicts, ({ streamCase }) => [streamCase.api])
  const nameWidth = Math.max(3, ...[...apis.keys()].map((api) => api.length))
  const margin = ' '.repeat(nameWidth + 11)
  yield `${'API'.padEnd(nameWidth)}  ${'cases'.padEnd(7)}  features`
  for (const [api, all] of apis) {
    const features = [...group(all, ({ streamCase }) => streamCase.features)]
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([feature, of]) => `${feature} ${of.every(passes) ? of.length : score(of)}`)
    const [first = '', ...rest] = wrap(features, WIDTH - margin.length)
    yield `${api.padEnd(nameWidth)}  ${score(all).padEnd(7)}  ${first}`.trimEnd()
    for (const line of rest) yield margin + line
  }
}

function group(verdicts: readonly Verdict[], keys: (verdict: Verdict) => readonly string[]): Map<string, Verdict[]> {
  const groups = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    for (const key of keys(verdict)) {
      const members = groups.get(key)
      if (members) members.push(verdict)
      else groups.set(key, [verdict])
    }
  }
  return groups
}

function score(verdicts: readonly Verdict[]): string {
  return `${verdicts.filter(passes).length}/${verdicts.length}`
}

function passes({ wrong }: Verdict): boolean {
  return wrong.length === 0
}

function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length + 2 > width) lines.push(word)
    else lines[lines.length - 1] = `${line}, ${word}`
  }
  return lines
}

function more([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? short(first) : `${short(first)}\n  and ${others.length} more`
}

function short(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}
