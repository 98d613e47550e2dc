import { iModel } from '@braid/models'
import { MODELS } from '../frames/families.mjs'

const look = () => {}

/** Braid, chunk by chunk, with everything that can be done about a call, but what it finds out changes nothing: no waits, no failures, all kept. */
export default function connect({ wire, url }) {
  const one = { baseUrl: url, apiKey: 'none' }
  const model = new iModel(MODELS[wire], {
    ...one,
    timeout: { connect: 10_000, first: 60_000, idle: 60_000, total: 600_000 },
    retry: 3,
    limits: { concurrency: 100_000, requestsPerMinute: 10_000_000, tokensPerMinute: 10_000_000 },
    breaker: { failures: 5 },
    fallback: [new iModel(MODELS[wire], one)],
    hooks: { beforeCall: () => undefined, onChunk: look, onError: look },
    prices: { [MODELS[wire]]: { input: 1, output: 1 } },
    idempotencyHeader: 'idempotency-key',
  })
  return async (word) => {
    for await (const chunk of model.invoke('Speak')) if (chunk.type === 'text-delta') word()
  }
}
