import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { chainOf, type Link } from './chain.ts'
import { check, emitDeclarations } from './compiler.ts'

const PROGRAMS = fileURLToPath(new URL('.', import.meta.url))
const BUDGET = 25_000

describe('the programs that users write, and those that must not compile', () => {
  beforeAll(emitDeclarations)

  test(`type-check against the emitted declarations within ${BUDGET} instantiations`, async () => {
    const { errors, instantiations, files } = await check(PROGRAMS)
    console.info(`the programs and the negative tests: ${instantiations} instantiations of ${BUDGET}`)
    expect(errors).toEqual([])
    expect(instantiations).toBeLessThanOrEqual(BUDGET)
    expect(files.filter((file) => /\/packages\/\w+\/dist\/.*\.d\.ts$/.test(file))).not.toEqual([])
    expect(files.filter((file) => /\/packages\/\w+\/src\//.test(file))).toEqual([])
  })

  test.each([
    ['a bundler resolves modules', ['--module', 'preserve', '--moduleResolution', 'bundler']],
    ['the library has a DOM', ['--lib', 'es2023,dom,dom.iterable']],
    ['both are so', ['--module', 'preserve', '--moduleResolution', 'bundler', '--lib', 'es2023,dom,dom.iterable']],
    [
      'property access is stricter',
      ['--noPropertyAccessFromIndexSignature', '--noImplicitOverride', '--isolatedModules'],
    ],
  ])('type-check where %s', async (_, options) => {
    expect((await check(PROGRAMS, options)).errors).toEqual([])
  })

  test('a chain of 1,000 operations costs no more instantiations than one of 100', async () => {
    const [short, long] = await instantiationsOf('kind')
    expect(long).toBeLessThanOrEqual(short)
  })

  test('where every operation has a type of its own, the cost grows with their number and no faster', async () => {
    const [short, long] = await instantiationsOf('task')
    expect(long).toBeLessThanOrEqual(10 * short)
  })
})

/** For a chain of 100 and one of 1,000. */
async function instantiationsOf(link: Link): Promise<readonly [short: number, long: number]> {
  const [short, long] = [await cost(link, 100), await cost(link, 1_000)]
  console.info(`a chain of 100 (${link}): ${short} instantiations, of 1,000: ${long}`)
  return [short, long]
}

async function cost(link: Link, length: number): Promise<number> {
  const chain = chainOf(link, length)
  onTestFinished(chain.remove)
  const { errors, instantiations } = await check(chain.project)
  expect(errors).toEqual([])
  return instantiations
}
