import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['*.test.ts'],
    pool: 'forks',
    execArgv: ['--unhandled-rejections=strict', '--conditions=source'],
    // A package of theirs has a `source` condition too, and TypeScript behind it.
    server: { deps: { inline: [/@ai-sdk/, /eventsource-parser/] } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
