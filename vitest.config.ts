import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/witness/**', 'test/bench/**'],
    pool: 'forks',
    execArgv: ['--unhandled-rejections=strict', '--conditions=source', '--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
