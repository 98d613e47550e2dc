import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['*.test.ts'],
    pool: 'forks',
    execArgv: ['--unhandled-rejections=strict', '--conditions=source'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
