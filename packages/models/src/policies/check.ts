import { BraidError } from '@braid/core'
import type { ModelOptions } from '../options.ts'
import { checkBreaker } from './breaker.ts'
import { cacheOf } from './cache.ts'
import { checkHooks } from './hooks.ts'
import { checkLimits } from './limits.ts'
import { checkPrices } from './prices.ts'
import { checkModelRetry } from './retry.ts'

/** Throws `unsupported_parameter` for what none of the policies could work with. */
export function checkPolicies({
  retry,
  limits,
  breaker,
  fallback,
  responseCache,
  idempotencyHeader,
  hooks,
  prices,
  debug,
}: ModelOptions): void {
  if (retry !== undefined) checkModelRetry(retry)
  if (limits !== undefined) checkLimits(limits)
  if (breaker !== undefined) checkBreaker(breaker)
  if (responseCache !== undefined) cacheOf(responseCache)
  if (hooks !== undefined) checkHooks(hooks)
  if (prices !== undefined) checkPrices(prices)
  const refuse = (wanted: string) => {
    throw new BraidError('unsupported_parameter', `expected ${wanted}; got something else`)
  }
  if (fallback !== undefined && !(Array.isArray(fallback) && fallback.every(isModel))) {
    refuse('`fallback` as a list of models')
  }
  if (debug !== undefined && typeof debug !== 'function') refuse('`debug` as a function of what goes over the wire')
  if (idempotencyHeader !== undefined && !isHeaderName(idempotencyHeader)) {
    refuse('`idempotencyHeader` as the name of a header')
  }
}

function isModel(model: unknown): boolean {
  return typeof model === 'object' && model !== null && 'invoke' in model && typeof model.invoke === 'function'
}

function isHeaderName(name: unknown): boolean {
  return typeof name === 'string' && /^[\w-]+$/.test(name)
}
