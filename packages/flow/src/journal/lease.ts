import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Lease, newId } from '@braid/core'

/** How long a lease is good for, and how often it is taken anew, in milliseconds. */
const LEASE_MS = 15_000
export const RENEW_MS = 5_000

/** The right of this process to write a run, from now on; with the token of the one that it had, that one for longer. */
export function newLease(token: string = newId()): Lease {
  return { token, pid: process.pid, host: hostname(), boot: bootId(), expiresAt: new Date(Date.now() + LEASE_MS) }
}

/** Whether whoever has the lease can still be at work. On this machine it is asked; elsewhere it is believed until it expires. */
export function isAlive({ pid, host, boot, expiresAt }: Lease): boolean {
  if (expiresAt.getTime() <= Date.now()) return false
  if (host !== hostname()) return true
  return boot === bootId() && isProcess(pid)
}

/** What the system calls the time since it was started, where it says so. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is one, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
