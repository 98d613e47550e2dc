import type { ServerResponse } from 'node:http'
import { nextTurn, settled, sleep, wait } from '../wait.ts'
import type { Plan } from './plan.ts'
import type { Received } from './request.ts'

/**
 * Sends a planned answer. It writes nothing while the socket is full, lets the event loop turn after every chunk, and stops
 * when `signal` says that the connection is gone.
 */
export async function deliver(
  plan: Plan,
  response: ServerResponse,
  request: Received,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  if (plan.delay > 0) await sleep(plan.delay, signal)
  for (const step of plan.steps) {
    if (signal.aborted) return
    switch (step.type) {
      case 'head':
        request.status = plan.status
        response.writeHead(plan.status, plan.headers)
        response.flushHeaders()
        break
      case 'bytes': {
        const room = response.write(step.bytes)
        request.bytesWritten += step.bytes.length
        changed()
        if (!room) await drained(response, signal)
        if (plan.interval > 0) await sleep(plan.interval, signal)
        else await nextTurn()
        break
      }
      case 'silence':
        if (step.until) await settled(step.until, signal)
        else await wait(signal, () => () => {})
        break
      case 'reset':
        request.mark('reset')
        response.socket?.resetAndDestroy()
        return
      default:
        step satisfies never
    }
  }
  response.end()
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return wait(signal, (wake) => {
    response.once('drain', wake)
    return () => response.off('drain', wake)
  })
}
