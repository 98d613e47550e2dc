import { asBraidError, BraidError, checkKnown, type Clock, type Known, sumUsage, type Usage } from '@braid/core'
import { Places } from './places.ts'
import { type Beginning, Begun } from './begun.ts'
import { Line, type Rates } from './line.ts'
import type { Policy } from './policy.ts'
import { tokensIn } from './tokens.ts'
import { watched } from './watched.ts'

/** How much of a model may be used at once, and in a minute. Whatever is too much waits in line. */
export interface ModelLimits extends Rates {
  /** Calls that may be under way at once. */
  readonly concurrency?: number
  /** Requests in any minute. */
  readonly requestsPerMinute?: number
  /** Input and output together, in any minute; estimated before a call (a token for four letters), and as the provider counted them after it. */
  readonly tokensPerMinute?: number
}

const LIMITS = { concurrency: true, requestsPerMinute: true, tokensPerMinute: true } satisfies Known<ModelLimits>

/** Throws `unsupported_parameter` for what are no {@link ModelLimits}. */
export function checkLimits(limits: ModelLimits): void {
  checkKnown(limits, LIMITS, { of: '`limits`', code: 'unsupported_parameter' })
  for (const name of Object.keys(LIMITS) as (keyof ModelLimits)[]) {
    const value: unknown = limits[name]
    if (value === undefined || (Number.isInteger(value) && Number(value) >= 1)) continue
    throw new BraidError(
      'unsupported_parameter',
      `expected \`limits.${name}\` as a whole number from 1; got ${typeof value === 'number' ? value : typeof value}`,
    )
  }
}

/** Where the calls of one model wait. Shared by those that are made of it. */
export class Queue {
  readonly places: Places | undefined
  readonly line: Line

  constructor({ concurrency, ...rates }: ModelLimits, clock: Clock) {
    this.places = concurrency === undefined ? undefined : new Places(concurrency)
    this.line = new Line(rates, clock)
  }
}

/**
 * Policy: waits for a place and for its turn, and holds the place until the answer has ended and its connection is closed or given back. What
 * the provider says about its own limits holds for all who wait.
 */
export function limiting({ places, line }: Queue): Policy {
  return (call, next, signal) =>
    new Begun(async (): Promise<Beginning> => {
      const give = await places?.take(call.name, signal)
      try {
        const { requests } = call.prepared
        const pass = await line.enter({ requests, tokens: tokensIn(call.request) * requests }, signal)
        let usage: Usage | undefined
        const source = next({ ...call, onHead: (allowances) => allowances && pass.heard(allowances) }, signal)
        return {
          source: watched(source, {
            onBatch(batch) {
              for (const chunk of batch) if (chunk.type === 'finish' && chunk.candidate === 0) usage = chunk.usage
              return batch
            },
            onEnd(ended) {
              if (ended.type === 'failed') {
                const { status, retryAfterMs } = asBraidError(ended.error, 'unknown')
                // A breaker's word, that has no status, is about itself.
                if (status !== undefined && retryAfterMs !== undefined) line.close(retryAfterMs)
              }
              const { totalTokens, inputTokens = 0, outputTokens = 0 } = sumUsage(usage === undefined ? [] : [usage])
              const really = totalTokens ?? inputTokens + outputTokens
              if (really > 0) pass.weighed(really)
              give?.()
            },
          }),
        }
      } catch (error) {
        give?.()
        throw error
      }
    })
}
