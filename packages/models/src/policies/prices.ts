import { BraidError, checkKnown, type Known, type ModelChunk, type Usage } from '@braid/core'
import type { ModelCall, Policy } from './policy.ts'
import { tokensIn, tokensOfText } from './tokens.ts'
import { watched } from './watched.ts'

/** What a model costs, for a million tokens each. The currency is yours. */
export interface Price {
  readonly input: number
  readonly output: number
  /** Input that the provider had in its cache. Default: as `input`. */
  readonly cached?: number
  /** Input that it wrote into its cache. Default: as `input`. */
  readonly cacheWrite?: number
}

/** By `provider/model`, or by the model's name alone. One table can serve all models. */
export type Prices = Readonly<Record<string, Price>>

const PRICE = { input: true, output: true, cached: true, cacheWrite: true } satisfies Known<Price>
const MILLION = 1_000_000

/** Throws `unsupported_parameter` for what are no {@link Prices}. */
export function checkPrices(prices: Prices): void {
  if (typeof prices !== 'object' || prices === null) {
    throw new BraidError(
      'unsupported_parameter',
      `expected \`prices\` as { model: { input, output } }; got ${typeof prices}`,
    )
  }
  for (const [model, price] of Object.entries(prices)) {
    checkKnown(price, PRICE, { of: `the price of ${model}`, code: 'unsupported_parameter' })
    for (const [name, value] of Object.entries(price) as [string, unknown][]) {
      if ((name === 'cached' || name === 'cacheWrite') && value === undefined) continue
      if (typeof value === 'number' && value >= 0) continue
      throw new BraidError(
        'unsupported_parameter',
        `expected the price of ${model} to have \`${name}\` as a number from 0, for a million tokens; got ${typeof value}`,
      )
    }
    if (price.input !== undefined && price.output !== undefined) continue
    throw new BraidError('unsupported_parameter', `expected the price of ${model} as { input, output }; one is missing`)
  }
}

/** Undefined for a model that is not in the table. */
export function priceOf(prices: Prices, provider: string, model: string): Price | undefined {
  for (const name of [`${provider}/${model}`, model]) if (Object.hasOwn(prices, name)) return prices[name]
  return undefined
}

/** What so much costs. Cached input is part of the input at most providers, and beside it at Anthropic: `beside` says which. */
function costOf(usage: Usage, price: Price, beside: boolean): number {
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0, cacheWriteTokens = 0 } = usage
  const plain = beside ? inputTokens : Math.max(0, inputTokens - cachedTokens - cacheWriteTokens)
  const { input, output, cached = input, cacheWrite = input } = price
  return (plain * input + cachedTokens * cached + cacheWriteTokens * cacheWrite + outputTokens * output) / MILLION
}

/**
 * Policy: says with the usage what it cost. Where an answer ends and its provider counted nothing, the tokens are estimated, and marked so: what
 * costs money is never counted as nothing.
 */
export function priced(price: Price, beside: boolean): Policy {
  return (call, next, signal) => {
    let letters = 0
    const withCost = (usage: Usage): Usage => ({ ...usage, cost: costOf(usage, price, beside) })
    return watched(next(call, signal), {
      onBatch(batch) {
        if (!batch.some(counts)) {
          for (const chunk of batch) if ('data' in chunk) letters += chunk.data.length
          return batch
        }
        return batch.map((chunk): ModelChunk => {
          if ('data' in chunk) letters += chunk.data.length
          if (chunk.type === 'usage') return { ...chunk, usage: withCost(chunk.usage) }
          if (chunk.type !== 'finish') return chunk
          return { ...chunk, usage: withCost(isCounted(chunk.usage) ? chunk.usage : estimated(call, letters)) }
        })
      },
    })
  }
}

function counts({ type }: ModelChunk): boolean {
  return type === 'usage' || type === 'finish'
}

function isCounted({ inputTokens, outputTokens, totalTokens }: Usage): boolean {
  return inputTokens !== undefined || outputTokens !== undefined || totalTokens !== undefined
}

function estimated({ request, prepared }: ModelCall, letters: number): Usage {
  const inputTokens = tokensIn(request) * prepared.requests
  const outputTokens = tokensOfText(letters)
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true }
}
