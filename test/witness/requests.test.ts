import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sentByAiSdk } from './requests/ai-sdk.ts'
import { sentByBraid } from './requests/braid.ts'
import { type Api, APIS, CONVERSATIONS, MODELS } from './requests/conversation.ts'
import { type Difference, differencesOf } from './requests/difference.ts'
import { EXPLAINED } from './requests/explained.ts'

let server: ProviderServer
beforeAll(async () => {
  // What is left out, and why, is said in warnings.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  server = await startProviderServer()
})
afterAll(() => server.close())

const used = new Set<number>()

function isExplained(api: Api, conversation: string, difference: Difference): boolean {
  return EXPLAINED.some(({ apis, path, conversations, holds }, at) => {
    if (!apis.includes(api) || !path.test(difference.path) || conversations?.test(conversation) === false) return false
    if (!holds(difference)) return false
    used.add(at)
    return true
  })
}

function lineOf({ path, braid, other }: Difference): string {
  return `${path}: ${JSON.stringify(braid)}, and there ${JSON.stringify(other)}`
}

describe.each(APIS)('the body for %s', (api) => {
  const asked = CONVERSATIONS.filter(({ apis }) => apis?.includes(api) ?? true)
  it.each(asked.map((each) => [each.id, each] as const))('is that of the AI SDK: %s', async (id, conversation) => {
    const model = conversation.model?.[api] ?? MODELS[api]
    const braid = await sentByBraid(server, api, model, conversation)
    const other = await sentByAiSdk(api, model, conversation)
    const left = differencesOf(braid, other).filter((each) => !isExplained(api, id, each))
    expect(left, left.map(lineOf).join('\n')).toEqual([])
  })
})

it('differs in nothing that is listed and does not happen', () => {
  expect(EXPLAINED.filter((_, at) => !used.has(at)).map(({ path, why }) => `${path}: ${why}`)).toEqual([])
})
