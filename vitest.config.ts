import { defineConfig } from 'vitest/config'

// `pnpm check` counts the tests from this report.
const report = process.env['BRAID_UNIT_REPORT']

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/witness/**', 'test/bench/**'],
    setupFiles: ['test/support/seed.ts'],
    pool: 'forks',
    execArgv: ['--unhandled-rejections=strict', '--conditions=source', '--expose-gc'],
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
