import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A fenced block of a document. */
export interface Block {
  /** Where it begins: `docs/guide.md:12`. */
  readonly place: string
  /** What is behind the backticks: `ts program`. */
  readonly info: string
  readonly content: string
}

/** The fenced blocks of a document, in order. */
export function blocksOf(document: string): readonly Block[] {
  const text = readFileSync(fileURLToPath(new URL(`../../${document}`, import.meta.url)), 'utf8')
  return Array.from(text.matchAll(/^```([^\n]+)\n(.*?)^```$/gms), ({ index, 1: info = '', 2: content = '' }) => ({
    place: `${document}:${text.slice(0, index).split('\n').length}`,
    info,
    content,
  }))
}
