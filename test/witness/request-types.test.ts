import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { sentByBraid } from './requests/braid.ts'
import { type Api, CONVERSATIONS, MODELS } from './requests/conversation.ts'

/*
 * Every body that Braid sends, as a literal in a file of TypeScript that says that it is of the type of its provider's own client: what the compiler has against it, it says.
 */

/** The type of a body, and where it comes from. */
const TYPES: Readonly<Partial<Record<Api, readonly [type: string, imported: string]>>> = {
  'openai-chat': ['OpenAI.ChatCompletionCreateParams', "import type OpenAI from 'openai'"],
  'openai-responses': ['OpenAI.Responses.ResponseCreateParams', "import type OpenAI from 'openai'"],
  'anthropic-messages': ['Anthropic.MessageCreateParams', "import type Anthropic from '@anthropic-ai/sdk'"],
  gemini: ['GeminiBody', "import type { GeminiBody } from '../bodies.ts'"],
  'bedrock-converse': ['ConverseBody', "import type { ConverseBody } from '../bodies.ts'"],
}
/** What the types say and the APIs do not. */
const KNOWN: readonly { readonly api: Api; readonly error: RegExp; readonly why: string }[] = [
  {
    api: 'openai-responses',
    error: /Property 'detail' is missing in type '\{ type: "input_image"/,
    why: 'it is `auto` where it is not said: https://platform.openai.com/docs/guides/images-vision#specify-image-input-detail-level',
  },
  {
    api: 'openai-responses',
    error: /Property 'id' is missing in type '\{ type: "reasoning"/,
    why: 'what is not kept there has no id to be found by: https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items',
  },
  {
    api: 'anthropic-messages',
    error: /'"(?:temperature|top_p|top_k)"' does not exist in type/,
    why: 'the client’s types are those of the newest models, which refuse them; Claude Sonnet 4.5, which is asked here, takes them',
  },
  {
    api: 'gemini',
    error: /'"high"' is not assignable to type '"HIGH"/,
    why: 'the documentation says it in small letters: https://ai.google.dev/gemini-api/docs/thinking#thinking-levels',
  },
]
const APIS = Object.keys(TYPES) as readonly Api[]
const folder = fileURLToPath(new URL('requests/generated/', import.meta.url))

let server: ProviderServer
beforeAll(async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  server = await startProviderServer()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
})
afterAll(() => server.close())

it.each(APIS)('the bodies for %s are of its client’s own types', async (api) => {
  const [type, imported] = TYPES[api]!
  const lines = [imported]
  let bodies = 0
  for (const conversation of CONVERSATIONS) {
    if (conversation.apis?.includes(api) === false) continue
    const body = await sentByBraid(server, api, conversation.model?.[api] ?? MODELS[api], conversation)
    if (body === undefined || Object.hasOwn(Object(body), 'refused')) continue
    bodies += 1
    lines.push(`// ${conversation.id}`, `void (${JSON.stringify(body)} satisfies ${type})`)
  }
  expect(bodies).toBeGreaterThan(45)
  writeFileSync(`${folder}${api}.ts`, `${lines.join('\n')}\n`)
  writeFileSync(
    `${folder}tsconfig.${api}.json`,
    JSON.stringify({ extends: '../../tsconfig.json', files: [`${api}.ts`], include: [] }),
  )
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))
  const { stdout } = spawnSync(tsc, ['-p', `${folder}tsconfig.${api}.json`], { encoding: 'utf8' })
  // What an error says in detail is indented below it.
  const errors = stdout.split(/\n(?=\S)/).filter((each) => each.trim() !== '')
  const known = KNOWN.filter((each) => each.api === api)
  expect(errors.filter((each) => !known.some(({ error }) => error.test(each)))).toEqual([])
  expect(known.filter(({ error }) => !errors.some((each) => error.test(each)))).toEqual([])
})
