/**
 * Whatever this iterates, as a web stream that takes one only when somebody wants one. It fails with what the iteration throws; cancelling it
 * leaves the iteration, and resolves when that has been left. `begun`: begins now, not at the first read.
 */
export function webStream<T>(open: () => AsyncIterator<T, unknown>, begun: boolean): ReadableStream<T> {
  let source = begun ? open() : undefined
  let left = false
  return new ReadableStream<T>(
    {
      async pull(controller) {
        source ??= open()
        const next = await source.next()
        if (left) return
        if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
      async cancel() {
        left = true
        await source?.return?.()
      },
    },
    // Nothing is taken ahead of its reader.
    { highWaterMark: 0 },
  )
}
