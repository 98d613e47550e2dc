import type { WriteStream } from 'node:tty'
import type { Chunk } from '@braid/core'
import type { Progress } from '@braid/flow'
import { styles } from '../command/style.ts'

/** Shows a run while it runs. */
export interface Lanes {
  show(operationId: string, chunk: Chunk, progress: Progress): void
  /** Nothing more will come. */
  end(): void
}

/** Lanes that are drawn over and over on a terminal, and tagged lines anywhere else. */
export function lanesFor(stream: WriteStream): Lanes {
  return stream.isTTY ? new DrawnLanes(stream) : new TaggedLines(stream)
}

/** Between two drawings, in milliseconds: more than anyone sees. */
const REDRAW_MS = 50

/** One row per operation with the end of what it says, and a line with the progress, drawn in place. */
class DrawnLanes implements Lanes {
  readonly #stream: WriteStream
  readonly #style: ReturnType<typeof styles>
  readonly #rows = new Map<string, { text: string; status: string }>()
  #progress: Progress | undefined
  #chunks = 0
  #drawn = 0
  #drawnAt = 0

  constructor(stream: WriteStream) {
    this.#stream = stream
    this.#style = styles(stream)
  }

  show(operationId: string, chunk: Chunk, progress: Progress): void {
    const row = this.#rows.get(operationId) ?? { text: '', status: 'running' }
    this.#rows.set(operationId, row)
    if (chunk.type === 'text-delta') row.text = (row.text + chunk.data.replace(/\s+/g, ' ')).slice(-400)
    if (chunk.type === 'operation-end') row.status = chunk.status
    this.#progress = progress
    this.#chunks += 1
    if (performance.now() - this.#drawnAt >= REDRAW_MS) this.#draw()
  }

  end(): void {
    this.#draw()
  }

  #draw(): void {
    const { dim, green, red, yellow, lane } = this.#style
    const width = Math.max(40, this.#stream.columns ?? 80)
    const label = Math.max(...[...this.#rows.keys()].map((id) => id.length), 8)
    const lines = [...this.#rows].map(([id, { text, status }], index) => {
      const mark = status === 'completed' ? green('✓') : status === 'running' ? yellow('●') : red('✗')
      const room = width - label - 5
      return `${mark} ${lane(index)(id.padEnd(label))}  ${text.slice(-room)}`
    })
    const { completed = 0, total = 0, running = 0 } = this.#progress ?? {}
    lines.push(dim(`${completed} of ${total} done, ${running} running, ${this.#chunks} chunks`))
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : ''
    this.#stream.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`)
    this.#drawn = lines.length
    this.#drawnAt = performance.now()
  }
}

/** How much of a sentence is held back before it is shown all the same, in characters. */
const LONG = 100

/** Plain lines, each tagged with its operation, as the lanes interleave. */
class TaggedLines implements Lanes {
  readonly #stream: WriteStream
  readonly #held = new Map<string, string>()

  constructor(stream: WriteStream) {
    this.#stream = stream
  }

  show(operationId: string, chunk: Chunk): void {
    if (chunk.type === 'text-delta') {
      const held = (this.#held.get(operationId) ?? '') + chunk.data.replace(/\s+/g, ' ')
      const shown = held.length > LONG ? held.lastIndexOf(' ') + 1 : 0
      if (shown > 0) this.#line(operationId, held.slice(0, shown))
      this.#held.set(operationId, held.slice(shown))
    } else if (chunk.type === 'operation-end') {
      this.#line(operationId, this.#held.get(operationId) ?? '')
      this.#held.delete(operationId)
      this.#line(operationId, chunk.status === 'failed' ? `failed: ${chunk.error.message}` : chunk.status)
    } else if (chunk.type === 'operation-start') {
      this.#line(operationId, `${chunk.kind}${chunk.imodel === undefined ? '' : ` with ${chunk.imodel}`}`)
    }
  }

  end(): void {
    for (const [id, held] of this.#held) this.#line(id, held)
  }

  #line(operationId: string, text: string): void {
    if (text.trim() !== '') this.#stream.write(`[${operationId}] ${text.trim()}\n`)
  }
}
