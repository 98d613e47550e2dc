import { mkdirSync } from 'node:fs'
import { startProviderServer } from '@braid/testing'
import { prepare } from './answers.ts'

/*
 * Lets every example run as it stands: a provider whose key is not in the environment is played by a server on this machine, which says
 * prepared texts in that provider's own format, over real HTTP. Providers whose key is there are left alone. It works when it is imported
 * because an example is a program: what follows the import is what you would write yourself.
 */

/** By what their variables begin with, and what their own SDKs want behind the address. */
const PROVIDERS = { OPENAI: '/v1', ANTHROPIC: '', GEMINI: '', GROQ: '/v1', ACME: '/v1' }
const keyless = Object.entries(PROVIDERS).filter(([provider]) => !process.env[`${provider}_API_KEY`])

if (keyless.length > 0) {
  const server = (await startProviderServer({ interval: 5 })).unref()
  prepare(server)
  for (const [provider, path] of keyless) {
    process.env[`${provider}_API_KEY`] = 'none-needed'
    process.env[`${provider}_BASE_URL`] = server.url + path
  }
  const names = keyless.map(([provider]) => `${provider}_API_KEY`).join(', ')
  if (process.stdout.isTTY) console.log(`(without ${names}: answered on this machine)\n`)
}

// Where the examples keep their databases.
mkdirSync('.braid', { recursive: true })
