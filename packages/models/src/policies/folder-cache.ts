import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResponseCache } from './cache.ts'

/** Answers as files of a folder, which is made when the first one is kept. For one's own eyes: answers may repeat what was asked. */
export function folderCache(folder: string): ResponseCache {
  const fileOf = (key: string) => join(folder, `${key}.json`)
  return {
    async get(key) {
      try {
        return await readFile(fileOf(key), 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async set(key, answer) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      // Whole or not at all, whoever else writes it.
      const unfinished = join(folder, `${key}.${randomUUID()}.tmp`)
      await writeFile(unfinished, answer, { mode: 0o600 })
      await rename(unfinished, fileOf(key))
    },
  }
}
