import { readdirSync, readFileSync } from 'node:fs'

/*
 * `pnpm example 04` runs the example of that number; without one, this lists them.
 */

const files = readdirSync(import.meta.dirname).filter((file) => /^\d\d.*\.ts$/.test(file))
const [wanted] = process.argv.slice(2)
const file = wanted === undefined ? undefined : files.find((each) => each.startsWith(wanted))

if (file) await import(`./${file}`)
else {
  if (wanted !== undefined) {
    console.error(`There is no example ${wanted}.\n`)
    process.exitCode = 1
  }
  for (const each of files) {
    const [first] = readFileSync(`${import.meta.dirname}/${each}`, 'utf8').split('\n')
    console.log(`${each.replace(/\.ts$/, '').padEnd(24)} ${first?.replace(/^\/\/ /, '')}`)
  }
}
