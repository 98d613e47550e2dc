import { readFileSync } from 'node:fs'
import { manifestOf, providerNames } from '@braid/models'
import { expect, test } from 'vitest'

const document = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8')

test.each(providerNames())('%s is in docs/providers.md, with its key, its address and its parameters', (provider) => {
  const { auth, endpoint, parameters, reasoning } = manifestOf(provider).data
  const [row = ''] = document.split('\n').filter((line) => line.startsWith(`| \`${provider}\` `))
  const cells = row.split('|').map((cell) => cell.trim().replaceAll('`', ''))
  expect(cells[3]).toBe(auth.type === 'none' ? 'none' : auth.token_env)
  expect(cells[4]).toBe(endpoint.base_url_env.join(', '))
  expect(cells[5]).toBe([...Object.keys(parameters), ...(reasoning.length > 0 ? ['reasoning'] : [])].join(', '))
})
