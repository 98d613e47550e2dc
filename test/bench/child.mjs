// One sample in a process of its own: node child.mjs <module> <input as JSON>; prints what it measured as JSON.

const [module, input] = process.argv.slice(2)
const { default: measure } = await import(module)
const measured = await measure(JSON.parse(input))
// Some peers leave timers behind.
process.stdout.write(JSON.stringify(measured), () => process.exit(0))
