import type { Chunk } from '@braid/core'

/** What one operation did, as far as its chunks tell. Times are milliseconds of `performance.now()`. */
export interface Row {
  status: string
  chunks: number
  inputTokens?: number
  outputTokens?: number
  startedAt?: number
  firstAt?: number
  endedAt?: number
}

/** Counts what passes, per operation, in the order in which they first said something. */
export class Tally {
  readonly rows = new Map<string, Row>()

  count(operationId: string, chunk: Chunk): void {
    const row = this.rows.get(operationId) ?? { status: 'running', chunks: 0 }
    this.rows.set(operationId, row)
    row.chunks += 1
    switch (chunk.type) {
      case 'operation-start':
        row.startedAt = performance.now()
        break
      case 'text-delta':
        row.firstAt ??= performance.now()
        break
      case 'finish': {
        const { inputTokens, outputTokens } = chunk.usage
        if (inputTokens !== undefined) row.inputTokens = (row.inputTokens ?? 0) + inputTokens
        if (outputTokens !== undefined) row.outputTokens = (row.outputTokens ?? 0) + outputTokens
        break
      }
      case 'operation-end':
        row.status = chunk.status
        row.endedAt = performance.now()
        break
    }
  }

  /** A table, one line an operation. */
  lines(): string[] {
    const head = ['operation', 'status', 'chunks', 'tokens in/out', 'first chunk', 'duration']
    const body = [...this.rows].map(([id, row]) => [
      id,
      row.status,
      String(row.chunks),
      row.inputTokens === undefined ? '-' : `${row.inputTokens}/${row.outputTokens ?? '-'}`,
      span(row.startedAt, row.firstAt),
      span(row.startedAt, row.endedAt),
    ])
    const widths = head.map((title, column) =>
      Math.max(title.length, ...body.map((cells) => cells[column]?.length ?? 0)),
    )
    return [head, ...body].map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

function span(from: number | undefined, to: number | undefined): string {
  return from === undefined || to === undefined ? '-' : `${Math.round(to - from)} ms`
}
